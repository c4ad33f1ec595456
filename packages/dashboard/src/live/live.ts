import type { LedgerEntry, LedgerRecord, ServerFrame, Vitals } from '@castellan/contracts'
import { type ReadonlySignal, signal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { Line } from '../connection/line.ts'
import { useSigned } from '../page.ts'

/** Entries that are kept for pages that open later, newest last. */
const KEPT = 500
/** Looks at how busy the machine is that are kept: half an hour at one every five seconds. */
const KEPT_VITALS = 360

/** What the ledger was told since the last time, oldest first. `gap`: not all of it, so that lists are best read anew. */
export interface News {
  readonly records: readonly LedgerRecord[]
  readonly gap: boolean
}

/** What happens on the machine, as it happens: every act is an entry of the ledger, and every entry comes over the line. */
export class Live {
  readonly #line: Line
  readonly #listeners = new Set<(news: News) => void>()
  readonly #size = signal<number | null>(null)
  readonly #recent = signal<readonly LedgerRecord[]>([])
  readonly #vitals = signal<readonly Vitals[]>([])
  #hangUp = () => {}

  /** Entries in the ledger; null until the gateway has said it. */
  readonly size: ReadonlySignal<number | null> = this.#size
  /** What came in since the page was opened, newest last. */
  readonly recent: ReadonlySignal<readonly LedgerRecord[]> = this.#recent
  /** Oldest first. */
  readonly vitals: ReadonlySignal<readonly Vitals[]> = this.#vitals

  constructor(line: Line) {
    this.#line = line
  }

  start(): void {
    this.#hangUp = this.#line.listen({
      state: ({ kind }) => {
        if (kind === 'open') this.#follow()
      },
      frame: (frame) => this.#hear(frame),
    })
  }

  stop(): void {
    this.#hangUp()
  }

  /** Somebody has the page before their eyes: the gateway closes sockets that have nothing to say for ten minutes. */
  keepAwake(): void {
    if (this.#line.state.value.kind === 'open') this.#follow()
  }

  /** Calls back with all that is new from here on; returns how to stop that. */
  listen(listener: (news: News) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #follow(): void {
    const size = this.#size.value
    this.#line.send({ type: 'follow', ...(size === null ? {} : { after: size }) })
  }

  #hear(frame: ServerFrame): void {
    if (frame.type === 'vitals') {
      const { type: _, ...vitals } = frame
      this.#vitals.value = [...this.#vitals.value.slice(1 - KEPT_VITALS), vitals]
    }
    if (frame.type !== 'ledger') return
    const known = this.#size.value
    this.#size.value = frame.size
    // The first word says where things stand; what was before it is for the lists to read.
    if (known === null) return
    // A ledger that is shorter than it was is another one: after a restore, or on another machine.
    const gap = frame.skipped > 0 || frame.size < known
    if (frame.records.length === 0 && !gap) return
    this.#recent.value = [...this.#recent.value, ...frame.records].slice(-KEPT)
    for (const listener of this.#listeners) listener({ records: frame.records, gap })
  }
}

/** Calls `act` when an entry comes in that `concerns` it, and whenever something was missed. */
export function useNews(concerns: (entry: LedgerEntry) => boolean, act: () => void): void {
  const { live } = useSigned()
  useEffect(() =>
    live.listen(({ records, gap }) => {
      if (gap || records.some(({ entry }) => concerns(entry))) act()
    }),
  )
}
