/** Keys remembered at once; whoever was quiet for longest is forgotten first, and has lost nothing by it. */
const MAX_KEYS = 16_384

/** Milliseconds from any start, which never go back. */
export type Monotonic = () => number

/**
 * So many of something a minute for each key, all at once or spread (a token bucket). Time is monotonic: setting the clock
 * neither locks anybody out nor lets them in.
 */
export class Allowance {
  readonly perMinute: number
  readonly #now: Monotonic
  readonly #buckets = new Map<string, { left: number; at: number }>()

  constructor(perMinute: number, now: Monotonic) {
    this.perMinute = perMinute
    this.#now = now
  }

  /** Takes one. Answers 0, or the seconds after which there is one again. */
  take(key: string): number {
    const now = this.#now()
    const bucket = this.#buckets.get(key)
    if (bucket === undefined) {
      this.#forgetOne()
      this.#buckets.set(key, { left: this.perMinute - 1, at: now })
      return 0
    }
    const perMs = this.perMinute / 60_000
    bucket.left = Math.min(this.perMinute, bucket.left + (now - bucket.at) * perMs)
    bucket.at = now
    if (bucket.left < 1) return Math.max(1, Math.ceil((1 - bucket.left) / perMs / 1000))
    bucket.left -= 1
    return 0
  }

  #forgetOne(): void {
    if (this.#buckets.size < MAX_KEYS) return
    const now = this.#now()
    // A bucket that has filled up again says nothing; where all are in use, the oldest key goes.
    for (const [key, { at }] of this.#buckets) {
      if (now - at > 60_000) this.#buckets.delete(key)
      if (this.#buckets.size < MAX_KEYS) return
    }
    const [oldest] = this.#buckets.keys()
    if (oldest !== undefined) this.#buckets.delete(oldest)
  }
}
