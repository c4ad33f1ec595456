import { computed, type ReadonlySignal } from '@preact/signals'
import type { Api } from '../api/api.ts'
import { Entries } from '../ledger/entries.ts'
import type { Live } from '../live/live.ts'
import { type Crossing, crossingOf, refusalOf } from './crossing.ts'

/** Days that are read at once, for the plot. */
export const DAYS = 30
/** Entries of each kind that are read for it at most; older ones come as the list is scrolled. */
const MOST_AT_ONCE = 2_000

export interface Crossings {
  /** Newest first. */
  readonly all: readonly Crossing[]
  readonly more: boolean
  readonly busy: boolean
  /** Something was read of each kind: from then on what is not there is not there. */
  readonly known: boolean
  readonly error: Error | null
}

/** Everything that went out through the airlock, and what it kept here, as the ledger has it: whoever asked, whatever for. */
export class Traffic {
  readonly #begun: readonly Entries[]
  readonly #ended: readonly Entries[]
  readonly #refused: Entries

  readonly left: ReadonlySignal<Crossings>
  readonly refused: ReadonlySignal<Crossings>

  constructor(api: Api) {
    const of = (type: string) => new Entries(api, { type })
    this.#begun = [of('egress_request'), of('egress_tunnel_opened')]
    this.#ended = [of('egress_ended'), of('egress_tunnel_closed')]
    this.#refused = of('egress_refused')
    this.left = computed(() => {
      const ends = new Map(recordsOf(this.#ended).map(({ entry }) => [entry.target, entry]))
      const all = recordsOf(this.#begun).map(({ entry }) => crossingOf(entry, ends.get(entry.index)))
      return { ...stateOf([...this.#begun, ...this.#ended]), all: all.sort((a, b) => b.index - a.index) }
    })
    this.refused = computed(() => {
      return {
        ...stateOf([this.#refused]),
        all: this.#refused.listed.value.records.map(({ entry }) => refusalOf(entry)),
      }
    })
  }

  open(live: Live): void {
    for (const entries of this.#all) entries.open(live)
    void this.#readBack(Date.now() - DAYS * 86_400_000)
  }

  close(): void {
    for (const entries of this.#all) entries.close()
  }

  more(): void {
    for (const entries of this.#all) void entries.more()
  }

  retry(): void {
    for (const entries of this.#all) if (entries.listed.peek().error !== null) entries.retry()
  }

  get #all(): readonly Entries[] {
    return [...this.#begun, ...this.#ended, this.#refused]
  }

  /** Page by page, until the days of the plot are there. */
  async #readBack(since: number): Promise<void> {
    await Promise.all(
      [...this.#begun, ...this.#ended].map(async (entries) => {
        for (;;) {
          await entries.settled()
          const { records, more, error } = entries.listed.peek()
          const oldest = records.at(-1)?.entry.time ?? 0
          if (!more || error !== null || oldest < since || records.length >= MOST_AT_ONCE) return
          await entries.more()
        }
      }),
    )
  }
}

function recordsOf(lists: readonly Entries[]) {
  return lists.flatMap(({ listed }) => listed.value.records)
}

function stateOf(lists: readonly Entries[]): Omit<Crossings, 'all'> {
  const states = lists.map(({ listed }) => listed.value)
  return {
    more: states.some(({ more }) => more),
    busy: states.some(({ busy }) => busy),
    known: states.every(({ records, more }) => records.length > 0 || !more),
    error: states.find(({ error }) => error !== null)?.error ?? null,
  }
}
