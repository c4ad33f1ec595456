import { CastellanError } from '@castellan/contracts'
import type { Log } from '@castellan/daemon'
import { type KeptAnswer, KeptRequests } from './kept.ts'

/** Keys of one caller, and of all, within 24 hours. */
const MAX_OWN = 1_000
const MAX_ALL = 10_000

export interface RepetitionsParts {
  /** `gateway/idempotency/` in the state folder. */
  readonly folder: string
  readonly key: Uint8Array
  readonly log: Log
  readonly now?: () => number
}

/** How a request ended: with an answer to repeat, without any effect, or so that nobody can tell. */
export type Ending =
  | { readonly kind: 'answered'; readonly answer: KeptAnswer }
  | { readonly kind: 'nothing_done' }
  | { readonly kind: 'unkept' }

/** The one that may run. `end` has to be called once, and is on disk when it returns. */
export interface Run {
  readonly kind: 'run'
  end(ending: Ending): Promise<void>
}

export interface Repetition {
  readonly kind: 'repetition'
  readonly answer: KeptAnswer
}

/** Runs each key of a caller once. Repetitions get the first answer, also those that come while it is being made. */
export class Repetitions {
  readonly #kept: KeptRequests
  readonly #log: Log
  readonly #now: () => number
  readonly #running = new Map<string, { readonly fingerprint: string; readonly ended: Promise<void> }>()

  constructor({ folder, key, log, now = Date.now }: RepetitionsParts) {
    this.#kept = new KeptRequests(folder, key, now)
    this.#log = log
    this.#now = now
  }

  /**
   * Finds out what a request with a key is. That it begins is on disk before it may. Throws `idempotency_conflict` for a
   * key that came with another request, `idempotency_unknown` for one whose answer is lost, and `rate_limited`.
   */
  async begin(caller: string, key: string, fingerprint: string): Promise<Run | Repetition> {
    const name = this.#kept.nameOf(caller, key)
    for (;;) {
      const running = this.#running.get(name)
      if (running === undefined) break
      if (running.fingerprint !== fingerprint) throw conflict()
      await running.ended
    }
    const { promise: ended, resolve } = Promise.withResolvers<void>()
    this.#running.set(name, { fingerprint, ended })
    const release = () => {
      this.#running.delete(name)
      resolve()
    }
    try {
      const repetition = await this.#find(name, fingerprint)
      if (repetition !== undefined) {
        release()
        return repetition
      }
      const begun = { fingerprint, at: this.#now(), answer: null, unkept: false }
      await this.#kept.write(name, begun)
      return {
        kind: 'run',
        end: async (ending) => {
          try {
            if (ending.kind === 'nothing_done') await this.#kept.drop(name)
            else if (ending.kind === 'unkept') await this.#kept.write(name, { ...begun, unkept: true })
            else await this.#kept.write(name, { ...begun, answer: ending.answer })
          } catch (error) {
            // The answer is true all the same; a repetition will hear that it is not known.
            this.#log.error({ err: error }, 'an answer could not be kept for repetitions')
          } finally {
            release()
          }
        },
      }
    } catch (error) {
      release()
      throw error
    }
  }

  async #find(name: string, fingerprint: string): Promise<Repetition | undefined> {
    const kept = await this.#kept.read(name)
    if (kept === 'damaged') throw unknown('What was kept of it is damaged.')
    if (kept === undefined) {
      await this.#makeRoom(name)
      return undefined
    }
    if (kept.fingerprint !== fingerprint) throw conflict()
    if (kept.answer !== null) return { kind: 'repetition', answer: kept.answer }
    throw unknown(
      kept.unkept
        ? 'It ran, but its answer is of a kind that is not kept, or it failed in between.'
        : 'The gateway stopped before it was answered.',
    )
  }

  async #makeRoom(name: string): Promise<void> {
    const { own, all } = await this.#kept.count(name)
    if (own < MAX_OWN && all < MAX_ALL) return
    throw new CastellanError(
      'rate_limited',
      `${own < MAX_OWN ? MAX_ALL : MAX_OWN} idempotency keys were used within 24 hours, as many as are kept.`,
      { retryAfterSeconds: 3600 },
    )
  }
}

function conflict(): CastellanError {
  return new CastellanError(
    'idempotency_conflict',
    'This Idempotency-Key came with another request before; use a fresh key for each thing that is to be done.',
  )
}

function unknown(why: string): CastellanError {
  return new CastellanError(
    'idempotency_unknown',
    `A request with this Idempotency-Key was begun, and what it did is not known. ${why} Look, and then use a fresh key.`,
  )
}
