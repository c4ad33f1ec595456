import type { AnswerOf, getLedgerEntry } from '@castellan/contracts/api'
import { entryWords } from '../strings/entries.ts'

/** An entry of the ledger as the API shows it: everything but what was in a call. */
export type EntryRecord = AnswerOf<typeof getLedgerEntry>
export type Entry = EntryRecord['entry']

export type EntryTone = 'good' | 'warn' | 'bad' | 'quiet'

/** How an entry is to be taken: what went wrong, what wants a person, what changed something, and all else. */
export function toneOf({ type, ok, effect, facts }: Entry): EntryTone {
  if (BAD.has(type) || ok === false) return 'bad'
  if (WAITS.has(type) || type.startsWith('operator_') || type.startsWith('credential')) return 'warn'
  if (type === 'switch_step')
    return facts?.phase === 'rolled_back' || facts?.phase === 'rollback_failed' ? 'bad' : 'good'
  return effect === 'change' || effect === 'destroy' ? 'good' : 'quiet'
}

const BAD: ReadonlySet<string> = new Set([
  'interrupted',
  'refused',
  'incident_opened',
  'agents_frozen',
  'state_wiped',
  'gap',
  'witness_alarm',
  'sign_in_failed',
  'sign_in_locked',
  'credential_store_refused',
  'egress_refused',
])
const WAITS: ReadonlySet<string> = new Set([
  'approval_requested',
  'policy_changed',
  'policy_loaded',
  'mode_set',
  'agents_thawed',
])

/** Whether an entry is worth a look afterwards: it changed something, went wrong, or was a person's word. Reads are not. */
export function isNotable(entry: Entry): boolean {
  const { type, effect } = entry
  if (type === 'intent' || type === 'approval_requested' || type === 'grant_spent') return false
  if (type === 'switch_step') return SWITCH_ENDS.has(String(entry.facts?.phase))
  if (type === 'outcome') return effect !== 'read'
  return NOTABLE.has(type) || type.startsWith('operator_') || type.startsWith('token_') || BAD.has(type)
}

const SWITCH_ENDS: ReadonlySet<string> = new Set(['committed', 'rolled_back', 'refused', 'rollback_failed', 'staged'])
const NOTABLE: ReadonlySet<string> = new Set([
  'approval_decided',
  'approval_expired',
  'agents_thawed',
  'policy_changed',
  'policy_loaded',
  'daemon_started',
  'routine_run',
  'watcher_changed',
  'payload_erased',
  'payloads_pruned',
  'key_rotated',
  'clock_set',
  'engine_changed',
  'agent_config_changed',
  'page_sign_in',
  'credential_created',
  'credential_revoked',
  'credential_rotated',
  'mode_set',
])

/** Who did it, and whether a person had it done from the page. */
export function whoOf({ actor, facts }: Entry): string {
  return entryWords.who(actor.name, facts?.channel)
}

/** What the entry says of itself, where it may be shown. */
export function summaryOf({ payload }: EntryRecord): string | null {
  const summary = payload?.summary
  return typeof summary === 'string' && summary !== '' ? summary : null
}
