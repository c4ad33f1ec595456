export const priorities = ['emerg', 'alert', 'crit', 'err', 'warning', 'notice', 'info', 'debug'] as const
/** syslog(3) priorities, most severe first. */
export type Priority = (typeof priorities)[number]

export interface JournalEntry {
  readonly at: Date
  readonly unit: string | null
  readonly process: string | null
  readonly pid: number | null
  readonly priority: Priority
  readonly message: string
}

export interface JournalQuery {
  readonly unit?: string
  /** This severity and worse. */
  readonly priority?: Priority
  readonly since?: Date
  readonly until?: Date
  /** Perl-compatible expression on the message; case matters only if it has capitals. */
  readonly grep?: string
  /** Boot offset: 0 is the present boot, -1 the one before. */
  readonly boot?: number
  /** From a page's `cursor`: entries older than that page. */
  readonly cursor?: string
  readonly limit: number
}

/** Newest entries of what matches, oldest of them first. `cursor` leads to the page before; null at the beginning. */
export interface JournalPage {
  readonly entries: readonly JournalEntry[]
  readonly cursor: string | null
}

export interface Journal {
  query(query: JournalQuery, signal: AbortSignal): Promise<JournalPage>
}
