import { CastellanError, type SessionId } from '@castellan/contracts'

const MINUTE_MS = 60_000
/** Sessions and tools remembered at once; a caller who invents sessions gets no more memory than this. */
const MAX_BUCKETS = 8192

interface Bucket {
  tokens: number
  filledAt: number
}

/** How often a session may call a tool: a bucket of `perMinute` tokens that fills evenly over a minute. */
export class Rates {
  readonly #buckets = new Map<string, Bucket>()
  readonly #now: () => number

  constructor(now: () => number = () => performance.now()) {
    this.#now = now
  }

  /** Takes one token. Throws `rate_limited` with the time until there is one. */
  take(session: SessionId, tool: { readonly name: string; readonly limits: { readonly perMinute: number } }): void {
    const { perMinute } = tool.limits
    const key = `${session} ${tool.name}`
    const bucket = this.#filled(key, perMinute)
    if (bucket.tokens < 1) {
      const seconds = Math.ceil(((1 - bucket.tokens) * MINUTE_MS) / perMinute / 1000)
      throw new CastellanError(
        'rate_limited',
        `This session called ${tool.name} more than ${perMinute} times in a minute. Try again in ${seconds} s.`,
        { retryAfterSeconds: seconds },
      )
    }
    bucket.tokens -= 1
  }

  #filled(key: string, perMinute: number): Bucket {
    const now = this.#now()
    const bucket = this.#buckets.get(key) ?? { tokens: perMinute, filledAt: now }
    bucket.tokens = Math.min(perMinute, bucket.tokens + ((now - bucket.filledAt) * perMinute) / MINUTE_MS)
    bucket.filledAt = now
    // Re-inserted, so that the first key of the map is the one unused for longest.
    this.#buckets.delete(key)
    this.#buckets.set(key, bucket)
    if (this.#buckets.size > MAX_BUCKETS) this.#buckets.delete(this.#buckets.keys().next().value as string)
    return bucket
  }
}
