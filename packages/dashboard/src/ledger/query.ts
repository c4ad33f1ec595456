import type { listLedgerEntries } from '@castellan/contracts/api'
import { isNotable } from '@castellan/contracts/notable'
import type { Api, AskOf } from '../api/api.ts'
import type { EntryRecord } from '../entries/entry.ts'

/** What narrows the list, as the address has it. */
export interface Filters {
  readonly text?: string
  readonly type?: string
  readonly ok?: string
  readonly tool?: string
  readonly actor?: string
  readonly call_id?: string
  readonly session?: string
  /** `true`: only what changed something, went wrong or was a person's word. */
  readonly notable?: string
}

export const FILTERS: readonly (keyof Filters)[] = [
  'text',
  'type',
  'ok',
  'tool',
  'actor',
  'call_id',
  'session',
  'notable',
]

export interface EntryPage {
  readonly items: readonly EntryRecord[]
  readonly next_cursor: string | null
}

type Query = AskOf<typeof listLedgerEntries>['query']

/** One page of the entries that fit, newest first. What an address says that is no filter of the API is refused by it. */
export function entriesPage(
  api: Api,
  filters: Filters,
  cursor: string | null,
  signal?: AbortSignal,
): Promise<EntryPage> {
  const query = { limit: 200, ...filters, ...(cursor === null ? {} : { cursor }) } as Query
  return api.ask<typeof listLedgerEntries>('GET', '/api/v1/ledger/entries', { query, ...(signal && { signal }) })
}

/** The filters of an address; all else in it is left out. */
export function filtersOf(query: Readonly<Record<string, string>>): Filters {
  return Object.fromEntries(FILTERS.filter((name) => query[name]).map((name) => [name, query[name]]))
}

/** Whether an entry would be in the list, as far as the page can tell: a search by words only the ledger itself can do. */
export function fits(
  { entry }: EntryRecord,
  { text, type, ok, tool, actor, call_id, session, notable }: Filters,
): boolean {
  return (
    text === undefined &&
    (type === undefined || entry.type === type) &&
    (ok === undefined || String(entry.ok) === ok) &&
    (tool === undefined || entry.tool === tool) &&
    (actor === undefined || entry.actor.name === actor) &&
    (call_id === undefined || entry.call_id === call_id) &&
    (session === undefined || entry.session === session) &&
    (notable === undefined || String(isNotable(entry)) === notable)
  )
}
