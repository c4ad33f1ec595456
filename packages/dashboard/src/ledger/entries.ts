import { type ReadonlySignal, signal } from '@preact/signals'
import type { Api } from '../api/api.ts'
import type { EntryRecord } from '../entries/entry.ts'
import type { Live } from '../live/live.ts'
import { toError } from '../live/resource.ts'
import { entriesPage, type Filters, fits } from './query.ts'

export interface Listed {
  readonly records: readonly EntryRecord[]
  /** Older ones are there to be fetched. */
  readonly more: boolean
  readonly busy: boolean
  readonly error: Error | null
}

const EMPTY: Listed = { records: [], more: true, busy: false, error: null }

/** The entries that fit the filters: older ones come page by page as the end is reached, new ones from the line. */
export class Entries {
  readonly #api: Api
  readonly #filters: Filters
  readonly #listed = signal<Listed>(EMPTY)
  readonly #closing = new AbortController()
  #cursor: string | null = null
  #fetching: Promise<void> = Promise.resolve()
  #hangUp = () => {}

  readonly listed: ReadonlySignal<Listed> = this.#listed

  constructor(api: Api, filters: Filters) {
    this.#api = api
    this.#filters = filters
  }

  open(live: Live): void {
    void this.more()
    this.#hangUp = live.listen(({ records, gap }) => {
      if (gap || this.#filters.text !== undefined) return this.#again()
      const fresh = records.filter((record) => fits(record, this.#filters)).toReversed()
      if (fresh.length === 0) return
      const known = this.#listed.value.records[0]?.entry.index ?? -1
      const unknown = fresh.filter(({ entry }) => entry.index > known)
      this.#listed.value = { ...this.#listed.value, records: [...unknown, ...this.#listed.value.records] }
    })
  }

  close(): void {
    this.#hangUp()
    this.#closing.abort()
  }

  /** Brings the next page, unless one is on its way or there is none. */
  async more(): Promise<void> {
    const { busy, more, error } = this.#listed.value
    if (busy || !more || error !== null) return
    this.#fetching = this.#fetch()
    await this.#fetching
  }

  /** Once the page that is on its way is there, or was refused. */
  settled(): Promise<void> {
    return this.#fetching
  }

  /** After a refusal. */
  retry(): void {
    this.#listed.value = { ...this.#listed.value, error: null }
    void this.more()
  }

  #again(): void {
    if (this.#listed.value.busy) return
    this.#cursor = null
    this.#listed.value = EMPTY
    void this.more()
  }

  async #fetch(): Promise<void> {
    const { signal } = this.#closing
    this.#listed.value = { ...this.#listed.value, busy: true }
    try {
      const { items, next_cursor } = await entriesPage(this.#api, this.#filters, this.#cursor, signal)
      this.#cursor = next_cursor
      const { records } = this.#listed.value
      const last = records.at(-1)?.entry.index ?? Number.POSITIVE_INFINITY
      const older = items.filter(({ entry }) => entry.index < last)
      this.#listed.value = { records: [...records, ...older], more: next_cursor !== null, busy: false, error: null }
    } catch (error) {
      if (!signal.aborted) this.#listed.value = { ...this.#listed.value, busy: false, error: toError(error) }
    }
  }
}
