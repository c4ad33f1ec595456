/**
 * How long after an entry of the ledger its exchange is looked for, in milliseconds: it is written once the answer has been read to its
 * end, by another process, on a disk that may be busy.
 */
const AFTER_MS: readonly number[] = [300, 1_500, 5_000, 15_000]

/** Looks for what is written a moment after it was told of: a few times, then no more until something else is told. */
export class LateLook {
  readonly #look: () => Promise<boolean>
  #timer: ReturnType<typeof setTimeout> | undefined

  /** `look` answers whether there was something new. */
  constructor(look: () => Promise<boolean>) {
    this.#look = look
  }

  /** Something was told of; looking for what was told before goes on with it. */
  begin(): void {
    this.#after(0)
  }

  close(): void {
    clearTimeout(this.#timer)
  }

  #after(tries: number): void {
    clearTimeout(this.#timer)
    const wait = AFTER_MS[tries]
    if (wait === undefined) return
    this.#timer = setTimeout(() => {
      const mine = this.#timer
      void this.#look().then((found) => {
        if (!found && this.#timer === mine) this.#after(tries + 1)
      })
    }, wait)
  }
}
