/** Looks at a worker that has something to do, and says when it has been silent for too long. */
export class Watchdog {
  readonly #onStall: () => void
  #timer: NodeJS.Timeout | undefined
  #limitMs = 0

  constructor(onStall: () => void) {
    this.#onStall = onStall
  }

  /** From now on something is expected every `limitMs` milliseconds. */
  watch(limitMs: number): void {
    this.#limitMs = limitMs
    this.heard()
  }

  /** The worker has got on. */
  heard(): void {
    if (this.#limitMs === 0) return
    if (this.#timer !== undefined) {
      this.#timer.refresh()
      return
    }
    this.#timer = setTimeout(() => {
      this.rest()
      this.#onStall()
    }, this.#limitMs).unref()
  }

  /** Nothing is expected any more. */
  rest(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#limitMs = 0
  }
}
