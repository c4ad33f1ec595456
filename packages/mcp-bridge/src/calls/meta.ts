/** Our keys in `_meta` (MCP, "General fields"): what is asked for, and what is told beside a result. */
export const metaKeys = {
  /** In a request: `true` asks for the outcome's tlog-proof. In a result: its text. */
  proof: 'castellan/proof',
  /** In a result: ledger number of the outcome entry, null for a read on a damaged ledger. */
  ledger: 'castellan/ledger',
  call: 'castellan/call',
  undo: 'castellan/undo',
  durationMs: 'castellan/duration-ms',
  /** In a result: the error with its stable code. */
  error: 'castellan/error',
  /** In a result: the question that a person has to answer. */
  approval: 'castellan/approval',
  /** In a result: the state to come back with. In a request of the older era: that state. */
  state: 'castellan/state',
  /** Of a tool: SHA-256 of its contract, which the ledger has on record. */
  hash: 'castellan/hash',
  effect: 'castellan/effect',
  undoKind: 'castellan/undo-kind',
  timeoutMs: 'castellan/timeout-ms',
  registry: 'castellan/registry',
} as const
