import type { AnswerOf, listMemory, recallMemory } from '@castellan/contracts/api'
import { type ReadonlySignal, signal } from '@preact/signals'
import type { Api } from '../api/api.ts'
import type { Entry } from '../entries/entry.ts'
import { toError } from '../live/resource.ts'

export type Fact = AnswerOf<typeof listMemory>['items'][number]

/** Facts of one page: each page is a call that the ledger has. */
const PAGE = 200
/** Facts that are read through for words at most. */
export const MOST_SEARCHED = 5_000

export interface ListedFacts {
  /** Newest first. */
  readonly facts: readonly Fact[]
  readonly more: boolean
  readonly busy: boolean
  readonly error: Error | null
}

const NOTHING: ListedFacts = { facts: [], more: true, busy: false, error: null }

/** What is remembered, newest first, a page at a time. */
export class Facts {
  readonly #api: Api
  readonly #listed = signal<ListedFacts>(NOTHING)
  #asking = new AbortController()
  #cursor: string | null = null

  readonly listed: ReadonlySignal<ListedFacts> = this.#listed

  constructor(api: Api) {
    this.#api = api
  }

  close(): void {
    this.#asking.abort()
  }

  /** From the start, with what is there now kept in sight until the answer comes. */
  async reload(): Promise<void> {
    this.#asking.abort()
    this.#asking = new AbortController()
    await this.#read(null)
  }

  /** Brings the next page, unless one is on its way, there is none, or the last try was refused. */
  async more(): Promise<void> {
    const { busy, more, error } = this.#listed.peek()
    if (!busy && more && error === null) await this.#read(this.#cursor)
  }

  /** Brings pages until all is there to be looked through, or as much as is looked through at most. */
  async all(): Promise<void> {
    for (;;) {
      const { facts, busy, more, error } = this.#listed.peek()
      if (busy || !more || error !== null || facts.length >= MOST_SEARCHED) return
      await this.#read(this.#cursor)
    }
  }

  async #read(cursor: string | null): Promise<void> {
    const { signal } = this.#asking
    this.#listed.value = { ...this.#listed.peek(), busy: true, error: null }
    try {
      const { items, next_cursor } = await pageOfFacts(this.#api, cursor, signal)
      if (signal.aborted) return
      this.#cursor = next_cursor
      const before = cursor === null ? [] : this.#listed.peek().facts
      this.#listed.value = { facts: [...before, ...items], more: next_cursor !== null, busy: false, error: null }
    } catch (error) {
      if (!signal.aborted) this.#listed.value = { ...this.#listed.peek(), busy: false, error: toError(error) }
    }
  }
}

/** One page of what is remembered. */
export function pageOfFacts(api: Api, cursor: string | null, signal?: AbortSignal) {
  const query = { limit: PAGE, ...(cursor === null ? {} : { cursor }) }
  return api.ask<typeof listMemory>('GET', '/api/v1/memory', { query, ...(signal && { signal }) })
}

/** What an agent would find about something, best first. */
export async function recalledAbout(api: Api, about: string, signal: AbortSignal): Promise<readonly Fact[]> {
  const query = { about, limit: 50 }
  return (await api.ask<typeof recallMemory>('GET', '/api/v1/memory/recall', { query, signal })).items
}

/** Facts that have every one of these words somewhere: in the text, the source, the tags, or who stored them. */
export function withWords(facts: readonly Fact[], words: string): readonly Fact[] {
  const wanted = plain(words)
    .split(/\s+/)
    .filter((word) => word !== '')
  if (wanted.length === 0) return facts
  return facts.filter(({ text, source, by, tags }) => {
    const has = plain([text, source, by, ...tags].join('\n'))
    return wanted.every((word) => has.includes(word))
  })
}

/** In one case and without accents. */
function plain(text: string): string {
  return text.normalize('NFKD').replaceAll(/\p{M}/gu, '').toLowerCase()
}

/** Whether an entry may have changed what is remembered: agents store and forget as well, and what they did may be taken back. */
export function changesMemory({ type, tool, effect }: Entry): boolean {
  return type === 'outcome' && effect !== 'read' && (tool === undefined || /^(?:memory_|undo)/.test(tool))
}
