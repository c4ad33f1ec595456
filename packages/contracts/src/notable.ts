import type { LedgerEntryType } from './ledger.ts'

/** What of an entry says whether it is worth a look. */
export interface Judged {
  readonly type: LedgerEntryType
  readonly effect?: string | undefined
  readonly ok?: boolean | undefined
  readonly facts?: Readonly<Record<string, unknown>> | undefined
}

/** Entries of these types tell that something went wrong. */
export const WENT_WRONG: ReadonlySet<LedgerEntryType> = new Set<LedgerEntryType>([
  'interrupted',
  'refused',
  'incident_opened',
  'incident_escalated',
  'agents_frozen',
  'state_wiped',
  'gap',
  'witness_alarm',
  'model_refused',
  'sign_in_failed',
  'sign_in_locked',
  'credential_store_refused',
  'egress_refused',
])

/** And of these that rules, keys, rights or the machine's keeper changed. */
const CHANGED: ReadonlySet<LedgerEntryType> = new Set<LedgerEntryType>([
  ...(['approval_decided', 'approval_expired', 'operator_enrolled', 'operator_revoked', 'operator_renamed'] as const),
  ...(['mode_set', 'taint_cleared', 'budget_raised', 'capability_revoked'] as const),
  ...(['incident_recovery', 'incident_resolved', 'agents_thawed', 'watcher_changed', 'integrity_baseline'] as const),
  ...(['backup_key_made', 'backup_unlocked', 'policy_loaded', 'policy_changed', 'daemon_started'] as const),
  ...(['key_rotated', 'payload_erased', 'payloads_pruned', 'clock_set', 'imported', 'ledger_reopened'] as const),
  ...(['mcp_tools_changed', 'mcp_tools_accepted', 'skill_accepted', 'skill_rejected'] as const),
  ...(['model_registry_changed', 'model_chosen', 'engine_changed', 'agent_config_changed'] as const),
  ...(['credential_created', 'credential_rotated', 'credential_revoked', 'credential_deleted'] as const),
  ...(['credentials_imported', 'credentials_exported', 'credential_key_rotated', 'recovery_phrase_shown'] as const),
  ...(['token_created', 'token_revoked', 'token_rotated', 'page_sign_in', 'sign_in_method_changed'] as const),
  ...(['egress_allowed', 'egress_disallowed', 'egress_shut', 'egress_opened', 'egress_released'] as const),
  ...(['egress_secret_granted', 'egress_secret_removed', 'insights_deleted'] as const),
])

const SWITCH_ENDS: ReadonlySet<unknown> = new Set(['committed', 'rolled_back', 'refused', 'rollback_failed', 'staged'])

/**
 * Whether somebody who was away would want to see an entry: it changed something, went wrong, or was a person's word. Looks, beginnings, and
 * routines that went well are not. Without any import at run time, so that the page has it as well.
 */
export function isNotable({ type, effect, ok, facts }: Judged): boolean {
  if (type === 'outcome') return effect !== 'read'
  if (type === 'switch_step') return SWITCH_ENDS.has(facts?.phase)
  if (type === 'routine_run') return ok === false
  return WENT_WRONG.has(type) || CHANGED.has(type)
}
