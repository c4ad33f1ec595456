import { CastellanError, type Destination } from '@castellan/contracts'

interface Bucket {
  tokens: number
  at: number
}

/** Requests a minute, for each entry by itself: as many at once as are allowed in a minute, then as they come back. */
export class Rates {
  readonly #buckets = new Map<string, Bucket>()
  readonly #now: () => number

  constructor(now: () => number = () => performance.now()) {
    this.#now = now
  }

  /** Counts one request. Throws `rate_limited` with the seconds until there is room for it. */
  spend({ id, host, per_minute }: Destination): void {
    const now = this.#now()
    const bucket = this.#buckets.get(id) ?? { tokens: per_minute, at: now }
    const perMs = per_minute / 60_000
    bucket.tokens = Math.min(per_minute, bucket.tokens + (now - bucket.at) * perMs)
    bucket.at = now
    this.#buckets.set(id, bucket)
    if (bucket.tokens < 1) {
      throw new CastellanError(
        'rate_limited',
        `${host} is asked more often than the ${per_minute} times a minute that its entry allows.`,
        { retryAfterSeconds: Math.ceil((1 - bucket.tokens) / perMs / 1000) },
      )
    }
    bucket.tokens -= 1
  }

  /** The entry is gone. */
  forget(id: string): void {
    this.#buckets.delete(id)
  }
}
