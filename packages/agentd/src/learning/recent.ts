import type { LedgerEntry, LedgerEntryType, LedgerQuery, LedgerRecord } from '@castellan/contracts'
import type { LedgerPort } from '../host/ledger.ts'

/** Entries of one type that are read at most. */
export const MOST_ENTRIES = 5000
const PAGE = 1000
const DAY_MS = 86_400_000

/** An entry as learning looks at it: what the ledger says for ever, and the sentence about it. */
export interface Recent {
  readonly entry: LedgerEntry
  readonly summary: string | null
}

export interface RecentEntries {
  /** Oldest first. */
  readonly entries: readonly Recent[]
  /** Whether there were more than may be read: then the oldest are missing. */
  readonly truncated: boolean
}

/** The entries of some types of the last days, each type cut at {@link MOST_ENTRIES}. Nothing secret is among them. */
export async function readRecent(
  ledger: Pick<LedgerPort, 'query'>,
  {
    days,
    types,
    now = Date.now(),
  }: { readonly days: number; readonly types: readonly LedgerEntryType[]; readonly now?: number },
  signal: AbortSignal,
): Promise<RecentEntries> {
  const entries: Recent[] = []
  let truncated = false
  for (const type of types) {
    const found = await newest(ledger, { type, since: Math.max(0, now - days * DAY_MS) }, signal)
    entries.push(...found.records.map(({ entry, payload }) => ({ entry, summary: textOf(payload?.summary) })))
    truncated ||= found.more
  }
  return { entries: entries.sort((left, right) => left.entry.index - right.entry.index), truncated }
}

async function newest(ledger: Pick<LedgerPort, 'query'>, query: LedgerQuery, signal: AbortSignal) {
  const records: LedgerRecord[] = []
  let before: number | undefined
  for (;;) {
    signal.throwIfAborted()
    const limit = Math.min(PAGE, MOST_ENTRIES - records.length)
    const page = await ledger.query({ ...query, limit, ...(before === undefined ? {} : { before }) }, signal)
    records.push(...page.records)
    before = page.records.at(-1)?.entry.index
    if (!page.more || before === undefined || records.length >= MOST_ENTRIES) return { records, more: page.more }
  }
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}
