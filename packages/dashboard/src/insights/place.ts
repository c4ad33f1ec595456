import type { ExchangeFilters } from './exchanges.ts'

/** What the page lists: exchanges with models, everything that left, and what was kept here. */
export const VIEWS = ['models', 'all', 'refused'] as const
export type View = (typeof VIEWS)[number]

export function viewOf({ view }: Readonly<Record<string, string>>): View {
  return VIEWS.find((name) => name === view) ?? 'models'
}

const FILTERS: readonly (keyof ExchangeFilters)[] = ['q', 'engine', 'failed', 'chat_id']

/** The filters of an address; all else in it is left out. */
export function exchangeFilters(query: Readonly<Record<string, string>>): ExchangeFilters {
  return Object.fromEntries(FILTERS.filter((name) => query[name]).map((name) => [name, query[name]]))
}
