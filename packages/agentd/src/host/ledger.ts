import type { LedgerIndex, LedgerQuery, LedgerRecord } from '@castellan/contracts'

/** Newest first. `more` says that older matching entries exist; their page starts at `before` = the last index here. */
export interface LedgerPage {
  readonly records: readonly LedgerRecord[]
  readonly more: boolean
}

/** What a full verification found. */
export interface LedgerVerdict {
  readonly ok: boolean
  readonly entries: number
  /** RFC 6962 root hash over all entries, hex. */
  readonly root: string
  /** Whether the newest checkpoint's signature holds and its tree head is this ledger's. */
  readonly checkpoint: 'valid' | 'invalid' | 'missing'
  readonly durationMs: number
  /** The first thing that is wrong, in words, and the entry it is about where there is one; null when all is well. */
  readonly problem: { readonly index: number | null; readonly message: string } | null
}

/** The ledger as tools may use it: reading only. agentd's composition root provides it. */
export interface LedgerPort {
  query(query: LedgerQuery, signal: AbortSignal): Promise<LedgerPage>
  verify(signal: AbortSignal): Promise<LedgerVerdict>
  /** An entry's type and the text of its tlog-proof. Throws `not_found`. */
  prove(index: LedgerIndex, signal: AbortSignal): Promise<{ index: LedgerIndex; type: string; proof: string }>
}
