import type { listInsights } from '@castellan/contracts/api'
import { type ReadonlySignal, signal } from '@preact/signals'
import type { Api, AskOf } from '../api/api.ts'
import { toError } from '../live/resource.ts'
import type { InsightListing, InsightSummary } from './views.ts'

const PAGE = 100

/** What narrows the list, as the address has it. */
export interface ExchangeFilters {
  readonly q?: string
  readonly engine?: string
  readonly failed?: string
  readonly chat_id?: string
}

export interface ListedExchanges {
  /** Newest first. */
  readonly items: readonly InsightSummary[]
  readonly more: boolean
  readonly busy: boolean
  readonly error: Error | null
  /** How far back it goes, and how many were dropped; null until it is known. */
  readonly kept: Pick<InsightListing, 'kept_since' | 'dropped'> | null
}

const NOTHING: ListedExchanges = { items: [], more: true, busy: false, error: null, kept: null }

/** Exchanges with models, a page at a time as the end is reached; new ones when something says that there are any. */
export class Exchanges {
  readonly #api: Api
  readonly #filters: ExchangeFilters
  readonly #listed = signal<ListedExchanges>(NOTHING)
  readonly #closing = new AbortController()
  #cursor: string | null = null

  readonly listed: ReadonlySignal<ListedExchanges> = this.#listed

  constructor(api: Api, filters: ExchangeFilters) {
    this.#api = api
    this.#filters = filters
  }

  close(): void {
    this.#closing.abort()
  }

  /** Brings the next page, unless one is on its way, there is none, or the last try was refused. */
  async more(): Promise<void> {
    const { busy, more, error, items } = this.#listed.peek()
    if (busy || !more || error !== null) return
    await this.#ask(this.#cursor, (page) => {
      this.#cursor = page.next_cursor
      const last = items.at(-1)?.insight_id ?? Number.POSITIVE_INFINITY
      return [...items, ...page.items.filter(({ insight_id }) => insight_id < last)]
    })
  }

  /** Puts what is new on top, and answers whether there was any. Where it does not reach what was there, the list begins anew. */
  async newest(): Promise<boolean> {
    const { busy, items } = this.#listed.peek()
    if (busy) return false
    await this.#ask(null, (page) => {
      const known = items[0]?.insight_id ?? 0
      const oldest = page.items.at(-1)?.insight_id ?? 0
      if (items.length > 0 && oldest <= known) {
        return [...page.items.filter(({ insight_id }) => insight_id > known), ...items]
      }
      this.#cursor = page.next_cursor
      return page.items
    })
    return this.#listed.peek().items[0]?.insight_id !== items[0]?.insight_id
  }

  /** From the start: after something was deleted, or a try was refused. */
  again(): void {
    this.#cursor = null
    this.#listed.value = NOTHING
    void this.more()
  }

  async #ask(cursor: string | null, merged: (page: InsightListing) => readonly InsightSummary[]): Promise<void> {
    const { signal } = this.#closing
    this.#listed.value = { ...this.#listed.peek(), busy: true, error: null }
    try {
      const query = { limit: PAGE, ...this.#filters, ...(cursor === null ? {} : { cursor }) } as AskOf<
        typeof listInsights
      >['query']
      const page = await this.#api.ask<typeof listInsights>('GET', '/api/v1/insights', { query, signal })
      const items = merged(page)
      const { kept_since, dropped } = page
      const kept = { kept_since, dropped }
      this.#listed.value = { items, more: this.#cursor !== null, busy: false, error: null, kept }
    } catch (error) {
      if (!signal.aborted) this.#listed.value = { ...this.#listed.peek(), busy: false, error: toError(error) }
    }
  }
}
