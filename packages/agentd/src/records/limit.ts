import { CastellanError } from '@castellan/contracts'

const MINUTE_MS = 60_000

/** Lets so many through in a minute, evenly filled: one bucket for each process that records. */
export class RecordLimit {
  readonly #perMinute: number
  readonly #now: () => number
  readonly #buckets = new Map<string, { tokens: number; filledAt: number }>()

  constructor(perMinute: number, now: () => number = () => performance.now()) {
    this.#perMinute = perMinute
    this.#now = now
  }

  /** Throws `rate_limited` with the time until the next one is let through. */
  take(who: string): void {
    const now = this.#now()
    const bucket = this.#buckets.get(who) ?? { tokens: this.#perMinute, filledAt: now }
    const filled = bucket.tokens + ((now - bucket.filledAt) * this.#perMinute) / MINUTE_MS
    const tokens = Math.min(this.#perMinute, filled)
    this.#buckets.set(who, { tokens: tokens < 1 ? tokens : tokens - 1, filledAt: now })
    if (tokens >= 1) return
    const seconds = Math.ceil(((1 - tokens) * MINUTE_MS) / this.#perMinute / 1000)
    throw new CastellanError(
      'rate_limited',
      `The ${who} recorded more than ${this.#perMinute} events in a minute. Try again in ${seconds} s.`,
      { retryAfterSeconds: seconds },
    )
  }
}
