/** A timer looks at the clock at least this often, so that a clock that was set is noticed; in milliseconds. */
const LOOK_MS = 30_000

/**
 * Whether a credential is still good, for everything that was opened with it: sockets and streams ask before each frame,
 * and are told the moment it ends. It ends once, by {@link end} or when its time has come.
 */
export class Standing {
  readonly #now: () => number
  readonly #listeners = new Set<() => void>()
  #endsAt: number
  #ended = false
  #timer: NodeJS.Timeout | undefined

  /** `endsAt` in milliseconds since 1970; never by itself without it. */
  constructor(endsAt = Number.POSITIVE_INFINITY, now: () => number = Date.now) {
    this.#endsAt = endsAt
    this.#now = now
  }

  get ended(): boolean {
    if (!this.#ended && this.#endsAt !== Number.POSITIVE_INFINITY && this.#now() >= this.#endsAt) this.end()
    return this.#ended
  }

  /** Calls back when it ends; at once where it has. Returns how to stop that. */
  onEnd(listener: () => void): () => void {
    if (this.ended) {
      listener()
      return () => undefined
    }
    this.#listeners.add(listener)
    this.#watch()
    return () => {
      this.#listeners.delete(listener)
      if (this.#listeners.size === 0) clearTimeout(this.#timer)
    }
  }

  /** Ends it at this time, if not before. */
  endAt(time: number): void {
    this.#endsAt = Math.min(this.#endsAt, time)
    if (!this.ended && this.#listeners.size > 0) this.#watch()
  }

  end(): void {
    if (this.#ended) return
    this.#ended = true
    clearTimeout(this.#timer)
    const listeners = [...this.#listeners]
    this.#listeners.clear()
    for (const listener of listeners) listener()
  }

  #watch(): void {
    clearTimeout(this.#timer)
    if (this.#endsAt === Number.POSITIVE_INFINITY) return
    const left = Math.max(0, this.#endsAt - this.#now())
    this.#timer = setTimeout(() => this.ended || this.#watch(), Math.min(left, LOOK_MS))
    this.#timer.unref()
  }
}
