/** Notices when nobody has asked for anything for a while. */
export class Idle {
  readonly #afterMs: number
  readonly #isBusy: () => boolean
  readonly #onIdle: () => void
  #timer: NodeJS.Timeout | undefined

  /** `afterMs` 0 is never. */
  constructor(afterMs: number, isBusy: () => boolean, onIdle: () => void) {
    this.#afterMs = afterMs
    this.#isBusy = isBusy
    this.#onIdle = onIdle
  }

  /** Something was asked for, or has just ended: the time begins anew. */
  touch(): void {
    if (this.#afterMs === 0) return
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => (this.#isBusy() ? this.touch() : this.#onIdle()), this.#afterMs).unref()
  }

  stop(): void {
    clearTimeout(this.#timer)
  }
}
