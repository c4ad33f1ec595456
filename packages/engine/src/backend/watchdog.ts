/** Looks at somebody who has something to do, and says when they have been silent for too long. */
export class Watchdog {
  readonly #onStall: () => void
  #timer: NodeJS.Timeout | undefined

  constructor(onStall: () => void) {
    this.#onStall = onStall
  }

  /** From now on something is expected every `limitMs` milliseconds. */
  watch(limitMs: number): void {
    this.rest()
    this.#timer = setTimeout(() => {
      this.rest()
      this.#onStall()
    }, limitMs).unref()
  }

  /** They have got on. */
  heard(): void {
    this.#timer?.refresh()
  }

  /** Nothing is expected any more. */
  rest(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }
}
