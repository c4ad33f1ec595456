import { z } from 'zod'
import { ApprovalId, CallId, LedgerIndex, SessionId, Sha256Hex, ToolName } from './ids.ts'
import { ToolEffect } from './tools.ts'

/** What an entry records. The set grows; a reader shows types it does not know as they are. */
export const LedgerEntryType = z.enum([
  // A tool call: the intent is durable before any effect, one closing entry follows it.
  'intent',
  'outcome',
  'interrupted',
  // A call that was turned away before any effect (policy, approval, shape, limits).
  'refused',
  // A person's word
  'approval_requested',
  'approval_decided',
  'approval_expired',
  'approval_withdrawn',
  'approval_void',
  'grant_spent',
  'operator_enrolled',
  'operator_revoked',
  'operator_renamed',
  'sign_in_issued',
  'sign_in_redeemed',
  'sign_in_failed',
  // What agents may: sessions, modes, budgets, capabilities
  'session_opened',
  'mode_set',
  'taint_cleared',
  'usage_reported',
  'attachments_taken',
  'budget_raised',
  'capability_minted',
  'capability_revoked',
  // Something went wrong that the operator should know of
  'incident_opened',
  'incident_escalated',
  'incident_step',
  'incident_containment',
  'incident_recovery',
  'incident_resolved',
  'incident_exported',
  // What Castellan is made of: a new baseline, and what the TPM said of it
  'integrity_baseline',
  'attested',
  // The operator froze all agents, let them act again, or wiped Castellan's keys and stores (docs/emergency.md)
  'agents_frozen',
  'agents_thawed',
  'state_wiped',
  // What agentd does by itself
  'routine_run',
  'routine_skipped',
  'watcher_changed',
  // An operator made a key for backups, or handed its recovery key over for one use
  'backup_key_made',
  'backup_unlocked',
  // The daemon and its rules
  'policy_loaded',
  // An operator's signed word changed a file of the policy folder, before it is written (docs/policy.md)
  'policy_changed',
  'daemon_started',
  'daemon_stopped',
  // SafeSwitch entered a phase of a switch (docs/safeswitch.md).
  'switch_step',
  // The ledger itself
  'key_rotated',
  'payload_erased',
  'payloads_pruned',
  'gap',
  'clock_set',
  'imported',
  // agentd found the ledger in order again after it had refused.
  'ledger_reopened',
  // A witness has seen another history of this log.
  'witness_alarm',
  // An MCP server was started or ended, and what its tools were; the operator agreed to a tool that is another one now.
  'mcp_server_started',
  'mcp_server_stopped',
  'mcp_tools_changed',
  'mcp_tools_accepted',
  // The operator made a skill of a proposal, or dropped one
  'skill_accepted',
  'skill_rejected',
  // The signed list of trusted models is another one now; a candidate was refused (docs/quarantine.md)
  'model_registry_changed',
  'model_refused',
  // The gateway's credential store (docs/credential-store.md)
  'credential_store_made',
  'credential_store_adopted',
  'credential_store_refused',
  'credential_created',
  'credential_tested',
  'credential_used',
  'credential_cooling_down',
  'credential_rotated',
  'credential_revoked',
  'credential_deleted',
  'credentials_imported',
  'credentials_exported',
  'credentials_locked',
  'credentials_unlocked',
  'credential_key_rotated',
  'recovery_phrase_shown',
  // What agents think with, and who may speak to the gateway
  'engine_changed',
  'model_chosen',
  'agent_config_changed',
  'token_created',
  'token_revoked',
  'token_rotated',
  'page_sign_in',
  'page_signed_out',
  'insights_deleted',
  'sign_in_locked',
  'access_refused',
  'sign_in_method_changed',
  // The airlock: what may leave, what left, what was refused
  'egress_allowed',
  'egress_disallowed',
  'egress_shut',
  'egress_opened',
  'egress_request',
  'egress_ended',
  'egress_refused',
  'egress_released',
  'egress_secret_granted',
  'egress_secret_removed',
  'egress_canary_planted',
  'egress_canary_removed',
  'egress_tunnel_granted',
  'egress_tunnel_opened',
  'egress_tunnel_closed',
])
export type LedgerEntryType = z.infer<typeof LedgerEntryType>

export const LedgerActor = z.strictObject({
  kind: z.enum(['agent', 'operator', 'routine', 'system']),
  name: z.string().min(1).max(80),
})
export type LedgerActor = z.infer<typeof LedgerActor>

/** Name of a payload field (`args`, `result`, `inverse`, `reason`, `summary`, …) or of a public fact. */
export const LedgerFieldName = z.string().regex(/^[a-z][a-z0-9_]{0,31}$/, 'must be snake case, at most 32 characters')

/** Public facts of an entry: digests, key ids, indexes. They stay for ever, so nothing secret belongs here. */
export const LedgerFacts = z.record(LedgerFieldName, z.union([z.string().max(2048), z.int(), z.boolean()]))
export type LedgerFacts = z.infer<typeof LedgerFacts>

const headerFields = {
  type: LedgerEntryType,
  actor: LedgerActor,
  session: SessionId.optional(),
  call_id: CallId.optional(),
  approval_id: ApprovalId.optional(),
  tool: ToolName.optional(),
  effect: ToolEffect.optional(),
  /** The intent that an `outcome` or `interrupted` closes; required on these, allowed on no other type. */
  intent: LedgerIndex.optional(),
  /** The entry that this one is about: what was undone, erased, or approved. */
  target: LedgerIndex.optional(),
  /** Whether it went well; on `outcome` and `approval_decided` (true: approved). */
  ok: z.boolean().optional(),
  /** Stable error code of a failure or refusal. */
  code: z.string().max(64).optional(),
  /** How long the act took, in whole milliseconds. */
  duration_ms: z.int().min(0).optional(),
  facts: LedgerFacts.optional(),
}

/** What a writer hands to the ledger; index, time and hashes are the ledger's own. */
export const LedgerDraft = z.strictObject(headerFields).check((context) => {
  const closes = context.value.type === 'outcome' || context.value.type === 'interrupted'
  if (closes !== (context.value.intent !== undefined)) {
    context.issues.push({
      code: 'custom',
      path: ['intent'],
      input: context.value.intent,
      message: closes ? 'must name the intent this entry closes' : 'belongs on outcome and interrupted entries only',
    })
  }
})
export type LedgerDraft = z.infer<typeof LedgerDraft>

/**
 * One ledger entry, the leaf of the Merkle tree: exactly the RFC 8785 canonical JSON of this value. It holds no
 * secret: arguments, results and reasons lie beside the log, encrypted, and appear here as salted commitments.
 */
export const LedgerEntry = z.strictObject({
  v: z.literal(1),
  index: LedgerIndex,
  /** Milliseconds since 1970 UTC. Never less than that of the entry before, except on a `clock_set` entry. */
  time: z.int().min(0),
  /** RFC 6962 leaf hash of the entry before; for entry 0 the hash of the log's origin (docs/ledger.md). */
  prev: Sha256Hex,
  ...headerFields,
  /** Payload field → SHA-256(salt ‖ field name ‖ 0x00 ‖ canonical JSON of the value). */
  commitments: z.record(LedgerFieldName, Sha256Hex).optional(),
  /** SHA-256 of the encrypted payload record; absent on entries without payload. */
  payload: Sha256Hex.optional(),
})
export type LedgerEntry = z.infer<typeof LedgerEntry>

/** Largest leaf in bytes: an entry bundle prefixes each with a 16-bit length (C2SP tlog-tiles). */
export const MAX_LEAF_BYTES = 0xffff

/** Largest payload of one entry, in bytes of its JSON. */
export const MAX_PAYLOAD_BYTES = 8 * 1024 * 1024

/** Payload fields by name; any JSON value. */
export type LedgerPayload = Record<string, unknown>

/** An entry as interfaces show it. `payload_state` says where the payload is; only operators are given the payload itself. */
export const LedgerRecord = z.strictObject({
  entry: LedgerEntry,
  /** `erased`: by an operator; `pruned`: by retention; of an entry in a list both read `erased`. */
  payload_state: z.enum(['none', 'present', 'erased', 'pruned', 'unreadable']),
  payload: z.record(z.string(), z.unknown()).optional(),
  /** The entry that puts the loss of an erased or pruned payload on record; of a single entry that was asked for. */
  erased: z.strictObject({ index: LedgerIndex, time: z.int().min(0), actor: LedgerActor }).optional(),
})
export type LedgerRecord = z.infer<typeof LedgerRecord>

/** `GET /v1/ledger/entries` as a query string; newest first. */
export const LedgerQuery = z.strictObject({
  tool: z.string().max(64).optional(),
  actor: z.string().max(80).optional(),
  session: z.string().max(80).optional(),
  call_id: z.string().max(80).optional(),
  type: LedgerEntryType.optional(),
  ok: z.stringbool().or(z.boolean()).optional(),
  /** True: only what changed something, went wrong or was a person's word; see `isNotable`. */
  notable: z.stringbool().or(z.boolean()).optional(),
  /** Milliseconds since 1970, both ends inclusive. */
  since: z.coerce.number<number | string>().int().min(0).optional(),
  until: z.coerce.number<number | string>().int().min(0).optional(),
  /** Only entries with an index below this one: the next page. */
  before: z.coerce.number<number | string>().int().min(0).optional(),
  /** Full text over what is not secret: header fields, facts and the payload field `summary`. */
  text: z.string().max(200).optional(),
  limit: z.coerce.number<number | string>().int().min(1).max(1000).default(50),
})
export type LedgerQuery = z.input<typeof LedgerQuery>

/** Newest first. `more` says that older matching entries exist; their page starts at `before` = the last index here. */
export const LedgerPage = z.strictObject({ records: z.array(LedgerRecord), more: z.boolean() })
export type LedgerPage = z.infer<typeof LedgerPage>

/** `GET /v1/ledger/head`: the signed tree head. */
export const LedgerHead = z.strictObject({
  origin: z.string(),
  size: z.int().min(0),
  /** RFC 6962 root hash, hex. */
  root: Sha256Hex,
  /** The newest durable checkpoint, a C2SP signed note. */
  checkpoint: z.string(),
  /** The key that signs it, in C2SP vkey form. */
  vkey: z.string(),
})
export type LedgerHead = z.infer<typeof LedgerHead>

/** `GET /v1/ledger/entries/:index/proof`: the text of a C2SP tlog-proof file, which stands alone on any machine. */
export const LedgerProof = z.strictObject({ index: LedgerIndex, proof: z.string() })
export type LedgerProof = z.infer<typeof LedgerProof>

/**
 * `POST /v1/ledger/erasures` on operator.sock: destroys the payload of entry `index` for good; with `call`, of every entry
 * of the call that it belongs to, for what was asked, the intent and the outcome hold the same arguments.
 */
export const LedgerErasureRequest = z.strictObject({
  index: LedgerIndex,
  reason: z.string().trim().min(1).max(2000),
  call: z.boolean().default(false),
})
export type LedgerErasureRequest = z.infer<typeof LedgerErasureRequest>

/** Its answer: the newest `payload_erased` entry, what was erased, and which entries of the same call still have a payload. */
export const LedgerErasure = z.strictObject({
  index: LedgerIndex,
  erased: z.array(LedgerIndex),
  related: z.array(LedgerIndex),
})
export type LedgerErasure = z.infer<typeof LedgerErasure>

/** `POST /v1/ledger/key-rotation` on operator.sock: the `key_rotated` entry and the key that signs from now on. */
export const LedgerKeyRotation = z.strictObject({ index: LedgerIndex, vkey: z.string() })
export type LedgerKeyRotation = z.infer<typeof LedgerKeyRotation>

/** `POST /v1/ledger/clock` on operator.sock: says that the clock is right although the newest entry is later. */
export const LedgerClockSetRequest = z.strictObject({ reason: z.string().trim().min(1).max(2000) })
export type LedgerClockSetRequest = z.infer<typeof LedgerClockSetRequest>

/** Its answer: the `clock_set` entry, which lets time go on from where the clock stands. */
export const LedgerClockSet = z.strictObject({ index: LedgerIndex })
export type LedgerClockSet = z.infer<typeof LedgerClockSet>

/** `POST /v1/ledger/reopen` on operator.sock, and `detail.ledger` of agentd's health. */
export const LedgerState = z.strictObject({
  state: z.enum(['ok', 'unavailable', 'damaged']),
  /** Entries in the ledger; 0 while it cannot be read. */
  size: z.int().min(0),
  /** What is wrong and what to do about it; absent while all is well. */
  message: z.string().optional(),
  /** How the high-water mark is kept while the ledger is open: sealed to the machine, or as a file alone and why. */
  mark: z.strictObject({ sealed: z.boolean(), message: z.string() }).optional(),
})
export type LedgerState = z.infer<typeof LedgerState>

/** What asking one witness came to. `ahead` and `inconsistent` are alarms: it has seen another history of this log. */
export const LedgerWitnessOutcome = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('cosigned'), line: z.string(), seconds: z.int() }),
  z.strictObject({ kind: z.literal('ahead'), size: z.int() }),
  z.strictObject({ kind: z.literal('inconsistent'), seen: z.int(), message: z.string() }),
  z.strictObject({ kind: z.literal('unavailable'), message: z.string() }),
])
export type LedgerWitnessOutcome = z.infer<typeof LedgerWitnessOutcome>

/** `POST /v1/ledger/cosign` on operator.sock: what the witnesses of the configured policy said. */
export const LedgerCosigning = z.strictObject({
  /** The newest checkpoint with the cosignatures it got. */
  checkpoint: z.string(),
  size: z.int().min(0),
  outcomes: z.array(z.strictObject({ witness: z.string(), outcome: LedgerWitnessOutcome })),
  /** Whether the policy's quorum cosigned. */
  met: z.boolean(),
})
export type LedgerCosigning = z.infer<typeof LedgerCosigning>
