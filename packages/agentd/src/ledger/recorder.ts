import type {
  CallId,
  LedgerDraft,
  LedgerHead,
  LedgerIndex,
  LedgerPage,
  LedgerPayload,
  LedgerQuery,
  LedgerRecord,
  LedgerState,
} from '@castellan/contracts'
import type { LedgerVerdict } from '../host/index.ts'

/** For whoever waits for a verification: how far it is, in entries, and how to end it. */
export interface Verifying {
  readonly onProgress?: (checked: number, of: number) => void
  readonly signal?: AbortSignal
}

/**
 * The ledger as calls need it. Every method that answers with a promise but `countUnrecorded` and `close` throws
 * `ledger_unavailable`, `ledger_damaged` or `clock_jumped` when the ledger refuses, whatever the cause: no ledger, no
 * tool that changes anything.
 */
export interface Recorder {
  /** Answers once the entry is on disk. */
  append(draft: LedgerDraft, payload?: LedgerPayload): Promise<LedgerIndex>
  /** Answers at the next entry, after `ms` or when `signal` fires; false where there is nothing to wait for any more. */
  arrival(ms: number, signal: AbortSignal): Promise<boolean>
  /** Ends all waiting for entries, so that a stop need not wait for it. */
  stopTelling(): void
  /** One entry with its payload. Throws `not_found`. */
  read(index: LedgerIndex): Promise<LedgerRecord>
  /** Newest first. Of the payloads only the summaries, which are never secret, unless `payloads` asks for all. */
  query(query: LedgerQuery, options?: { readonly payloads?: boolean }): Promise<LedgerPage>
  /** The newest entry that tells of a call, if it is among the last 16,384 calls, or the last 2,048 entries after a start. */
  callEntry(callId: CallId): LedgerIndex | undefined
  /** The text of a C2SP tlog-proof file for an entry. Throws `not_found`. */
  proof(index: LedgerIndex): Promise<string>
  /** Counts a read that ran while the ledger was damaged; the ledger will say how many there were. Never throws. */
  countUnrecorded(): Promise<void>
  head(): Promise<LedgerHead>
  /** Works on a damaged ledger too. Throws the reason of `signal` where that ends it. */
  verify(how?: Verifying): Promise<LedgerVerdict>
  state(): LedgerState
  close(): Promise<void>
}
