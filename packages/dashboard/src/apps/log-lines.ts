import { signal } from '@preact/signals'
import type { Api } from '../api/api.ts'
import { readByTool } from '../live/reading.ts'
import { toError } from '../live/resource.ts'
import type { LogPage } from './views.ts'

/** One line of an app's log. */
export interface LogLine {
  /** Its place, the newest first. */
  readonly id: number
  readonly at: number
  readonly priority: string
  readonly message: string
}

export interface LogState {
  readonly lines: readonly LogLine[]
  readonly busy: boolean
  /** Whether there are older ones. */
  readonly more: boolean
  readonly error: Error | null
}

/** Lines read at a time, as many as the tool gives. */
const PAGE = 200

/** What an app wrote, newest first: read page by page, each once. */
export class LogLines {
  readonly #api: Api
  readonly #name: string
  readonly #state = signal<LogState>({ lines: [], busy: true, more: false, error: null })
  #cursor: string | null = null
  #asking = new AbortController()

  readonly state = this.#state

  constructor(api: Api, name: string) {
    this.#api = api
    this.#name = name
  }

  /** Begins anew with the newest. */
  reload(): Promise<void> {
    return this.#read(null)
  }

  /** Goes on with older ones, unless there are none or some are on their way. */
  async older(): Promise<void> {
    const { busy, more } = this.#state.peek()
    if (!busy && more) await this.#read(this.#cursor)
  }

  close(): void {
    this.#asking.abort()
  }

  async #read(cursor: string | null): Promise<void> {
    this.#asking.abort()
    const asking = new AbortController()
    this.#asking = asking
    this.#state.value = { ...this.#state.peek(), busy: true, error: null }
    try {
      const args = { name: this.#name, limit: PAGE, ...(cursor === null ? {} : { cursor }) }
      const page = await readByTool<LogPage>(this.#api, 'app_logs', args, asking.signal)
      if (asking.signal.aborted) return
      const known = cursor === null ? [] : this.#state.peek().lines
      const read = page.entries.toReversed().map(({ at, priority, message }, place): LogLine => {
        return { id: known.length + place, at: Date.parse(at), priority, message }
      })
      this.#cursor = page.cursor
      this.#state.value = { lines: [...known, ...read], busy: false, more: page.cursor !== null, error: null }
    } catch (error) {
      if (asking.signal.aborted) return
      // Those that were read stay; scrolling on does not ask again by itself.
      this.#state.value = { ...this.#state.peek(), busy: false, more: false, error: toError(error) }
    }
  }
}
