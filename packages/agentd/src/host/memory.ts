import type { TaintLabel } from '@castellan/contracts'

/** One thing that is remembered. */
export interface Fact {
  readonly id: number
  readonly text: string
  /** Where it is known from, in words: a person, a page, an observation. */
  readonly source: string
  readonly tags: readonly string[]
  /** 0 to 1: how sure whoever stored it was. */
  readonly confidence: number
  readonly createdAt: Date
  readonly expiresAt: Date | null
  /** Who stored it. */
  readonly by: string
  /** What the session that stored it had taken in; recalling it brings that along. */
  readonly labels: readonly TaintLabel[]
}

export type NewFact = Omit<Fact, 'createdAt'>

export interface Recalled {
  readonly fact: Fact
  /** Higher is nearer. Comparable within one answer only. */
  readonly score: number
}

export interface FactFilter {
  /** All of them. */
  readonly tags?: readonly string[]
}

/** What agents remember from one conversation to the next. agentd's `memory/` provides it. */
export interface MemoryPort {
  /** A number that no fact has or had. */
  reserve(): number
  /** Throws `too_large` where there is no room for more. */
  store(fact: NewFact): Fact
  /** Puts back one that was forgotten or changed, under its number. */
  restore(fact: Fact): void
  /** Throws `not_found`. */
  find(id: number): Fact
  /** Best first; what is expired is left out. */
  recall(words: string, filter: FactFilter, limit: number): readonly Recalled[] | Promise<readonly Recalled[]>
  /** Newest first. */
  list(
    filter: FactFilter,
    page: { readonly limit: number; readonly before: number | undefined },
  ): { readonly facts: readonly Fact[]; readonly total: number }
  /** Throws `not_found`. What it was is gone from the disk as well. */
  forget(id: number): Fact
}
