import type {
  CallId,
  LedgerDraft,
  LedgerHead,
  LedgerIndex,
  LedgerPage,
  LedgerPayload,
  LedgerQuery,
  LedgerRecord,
} from '@castellan/contracts'
import type { LedgerVerdict } from '../host/index.ts'

export interface RecorderState {
  readonly state: 'ok' | 'unavailable' | 'damaged'
  /** Entries in the ledger; 0 while it cannot be read. */
  readonly size: number
  /** What is wrong and what to do about it. */
  readonly message?: string
}

/**
 * The ledger as agentd needs it. Every method that answers with a promise but `close` throws `ledger_unavailable` or `ledger_damaged`
 * when the ledger refuses, whatever the cause: no ledger, no tool.
 */
export interface Recorder {
  /** Answers once the entry is on disk. */
  append(draft: LedgerDraft, payload?: LedgerPayload): Promise<LedgerIndex>
  /** One entry with its payload. Throws `not_found`. */
  read(index: LedgerIndex): Promise<LedgerRecord>
  /** Newest first. Of the payloads only the summaries, which are never secret, unless `payloads` asks for all. */
  query(query: LedgerQuery, options?: { readonly payloads?: boolean }): Promise<LedgerPage>
  /** The newest entry that tells of a call, if it is among the last 16,384 calls, or the last 2,048 entries after a start. */
  callEntry(callId: CallId): LedgerIndex | undefined
  head(): Promise<LedgerHead>
  verify(): Promise<LedgerVerdict>
  state(): RecorderState
  close(): Promise<void>
}
