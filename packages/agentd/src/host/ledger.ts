/** One ledger entry as tools show it: what was done, by whom, and how it ended. */
export interface LedgerRecord {
  readonly index: number
  /** RFC 3339, UTC, milliseconds. */
  readonly at: string
  /** `intent`, `outcome`, `interrupted`, `approval`, …: the entry's type as the ledger names it. */
  readonly type: string
  readonly tool?: string
  readonly agent?: string
  readonly session?: string
  readonly callId?: string
  /** Only on outcomes: whether the tool succeeded. */
  readonly ok?: boolean
  /** One line for people, where the entry carries one. */
  readonly summary?: string
}

export interface LedgerQuery {
  readonly tool?: string
  readonly agent?: string
  readonly session?: string
  readonly type?: string
  readonly since?: Date
  readonly until?: Date
  /** Only entries with a smaller number: how a reader goes on to older ones. */
  readonly before?: number
  /** At most this many entries. */
  readonly limit: number
}

/** Newest first. `more` says that older matching entries exist. */
export interface LedgerPage {
  readonly entries: readonly LedgerRecord[]
  readonly more: boolean
}

/** What a full verification found. */
export interface LedgerVerdict {
  readonly ok: boolean
  readonly entries: number
  /** RFC 6962 tree head over all entries, hex. */
  readonly treeHead: string
  /** Whether the newest checkpoint's signature and tree head hold. */
  readonly checkpoint: 'valid' | 'invalid' | 'missing'
  readonly durationMs: number
  /** The first bad entry and what is wrong with it, in words; absent when all is well. */
  readonly problem?: { readonly index: number | null; readonly message: string }
}

/** The ledger as tools may use it: reading only. agentd's composition root provides it. */
export interface LedgerPort {
  query(query: LedgerQuery, signal: AbortSignal): Promise<LedgerPage>
  verify(signal: AbortSignal): Promise<LedgerVerdict>
}
