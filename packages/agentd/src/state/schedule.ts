/**
 * Does one thing now and then again every `ms` after it was done. Keeps no process alive; a run that fails is told to
 * `onError` and does not end the schedule.
 */
export class Schedule {
  readonly #ms: number
  readonly #task: () => Promise<void>
  readonly #onError: (error: unknown) => void
  #timer: NodeJS.Timeout | undefined
  #running: Promise<void> = Promise.resolve()
  #stopped = false

  constructor(ms: number, task: () => Promise<void>, onError: (error: unknown) => void) {
    this.#ms = ms
    this.#task = task
    this.#onError = onError
  }

  start(): void {
    this.#running = this.#task()
      .catch(this.#onError)
      .then(() => {
        if (this.#stopped) return
        this.#timer = setTimeout(() => this.start(), this.#ms)
        this.#timer.unref()
      })
  }

  /** Waits for the run under way. */
  async stop(): Promise<void> {
    this.#stopped = true
    clearTimeout(this.#timer)
    await this.#running
  }
}
