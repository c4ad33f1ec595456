import { setTimeout as sleep } from 'node:timers/promises'
import { CastellanError } from '@castellan/contracts'
import type { Fact, FactFilter, MemoryPort, NewFact, Recalled } from '../host/memory.ts'
import { fuse } from './fuse.ts'
import type { Memory } from './memory.ts'
import type { TextPlacer } from './text-vectors.ts'
import { unrelatedLikeness } from './unrelated.ts'
import type { Unplaced } from './vectors.ts'

/** What recall waits for the vector of a question, in milliseconds; later than that its words alone have to do. */
const PATIENCE_MS = 400
/** After a failure the engine is let be for this long, in milliseconds. */
const PAUSE_MS = 30_000
/** Texts at once in the background: few, as a question waits behind them. */
const BATCH = 4
/** Facts found either way before both are made one list. */
const CANDIDATES = 100

export interface MeaningOptions {
  readonly patienceMs?: number
  readonly now?: () => number
}

interface Placed {
  readonly model: string
  readonly vector: Float32Array
  /** How like each other texts are to this model that have nothing to do with each other. */
  readonly unrelated: number
}

/**
 * Memory that is found by meaning as well as by words, where the engine has an embedding model. Vectors are made in the
 * background, and again when the model is another one; without them, or in time, recall goes by words alone.
 */
export class MemoryByMeaning implements MemoryPort {
  readonly #memory: Memory
  readonly #placer: TextPlacer
  readonly #patienceMs: number
  readonly #now: () => number
  /** By digest of the model. */
  readonly #unrelated = new Map<string, number>()
  #model: string | undefined
  #pausedUntil = 0
  #placing: Promise<void> | undefined

  constructor(memory: Memory, placer: TextPlacer, options: MeaningOptions = {}) {
    this.#memory = memory
    this.#placer = placer
    this.#patienceMs = options.patienceMs ?? PATIENCE_MS
    this.#now = options.now ?? (() => performance.now())
  }

  async recall(words: string, filter: FactFilter, limit: number): Promise<readonly Recalled[]> {
    const placed = await this.#inTime(words)
    const byWords = this.#memory.recall(words, filter, Math.max(limit, CANDIDATES))
    if (placed === undefined) return byWords.slice(0, limit)
    const byMeaning = this.#memory.nearest(placed.model, placed.vector, filter, CANDIDATES)
    return fuse(byWords, byMeaning, placed.unrelated).slice(0, limit)
  }

  reserve(): number {
    return this.#memory.reserve()
  }

  store(fact: NewFact): Fact {
    const kept = this.#memory.store(fact)
    this.#placeSoon(kept)
    return kept
  }

  restore(fact: Fact): void {
    this.#memory.restore(fact)
    this.#placeSoon(fact)
  }

  find(id: number): Fact {
    return this.#memory.find(id)
  }

  list(...args: Parameters<Memory['list']>): ReturnType<Memory['list']> {
    return this.#memory.list(...args)
  }

  forget(id: number): Fact {
    return this.#memory.forget(id)
  }

  /** Resolves when every fact has a vector, or none can be made for now. */
  async settled(): Promise<void> {
    await this.#placing
  }

  /** The question's place, unless it takes too long: what was begun is left to end, as it may be loading the model. */
  async #inTime(words: string): Promise<Placed | undefined> {
    const placing = this.#place(words)
    const late = new AbortController()
    const patience = sleep(this.#patienceMs, undefined, { signal: late.signal }).catch(() => undefined)
    const placed = await Promise.race([placing, patience])
    late.abort()
    return placed
  }

  async #place(words: string): Promise<Placed | undefined> {
    if (this.#now() < this.#pausedUntil) return undefined
    try {
      const { model, vectors } = await this.#placer.place([words])
      const unrelated = this.#unrelated.get(model) ?? (await unrelatedLikeness(this.#placer, model))
      this.#unrelated.set(model, unrelated)
      this.#model = model
      this.#placeMissing()
      return { model, vector: vectors[0] as Float32Array, unrelated }
    } catch (error) {
      this.#pause(error)
      return undefined
    }
  }

  /** Before the first text was placed, nobody knows which model there is; then every fact without a vector of it gets one. */
  #placeSoon({ text }: Fact): void {
    if (this.#model === undefined) void this.#place(text)
    else this.#placeMissing()
  }

  /** One at a time. Nobody waits for it, and what it fails with costs nothing but meaning. */
  #placeMissing(): void {
    if (this.#model === undefined || this.#placing !== undefined || this.#now() < this.#pausedUntil) return
    this.#placing = this.#placeAll()
      .catch((error: unknown) => this.#pause(error))
      .finally(() => {
        this.#placing = undefined
      })
  }

  async #placeAll(): Promise<void> {
    for (;;) {
      const facts = this.#memory.withoutVector(this.#model as string, BATCH)
      if (facts.length === 0) return
      try {
        await this.#placeEach(facts)
      } catch (error) {
        if (!isUnreadable(error)) throw error
        for (const fact of facts) await this.#placeEach([fact]).catch((cause) => this.#leaveOut(fact, cause))
      }
    }
  }

  async #placeEach(facts: readonly Unplaced[]): Promise<void> {
    const { model, vectors } = await this.#placer.place(facts.map(({ text }) => text))
    // It may have been replaced under way.
    this.#model = model
    for (const [position, fact] of facts.entries()) {
      this.#memory.keepVector(fact, model, vectors[position] as Float32Array)
    }
  }

  /** A text in which the model reads nothing has no place; it is not asked for one again. */
  #leaveOut(fact: Unplaced, cause: unknown): void {
    if (!isUnreadable(cause)) throw cause
    this.#memory.keepVector(fact, this.#model as string, new Float32Array(0))
  }

  #pause(error: unknown): void {
    if (!isUnreadable(error)) this.#pausedUntil = this.#now() + PAUSE_MS
  }
}

function isUnreadable(error: unknown): boolean {
  return error instanceof CastellanError && error.code === 'invalid_request'
}
