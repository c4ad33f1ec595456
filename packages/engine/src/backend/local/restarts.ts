/** Pause before the worker is started again after its first, second … crash in a row, in milliseconds. */
const DELAYS_MS = [0, 1000, 4000, 15_000, 60_000]
/** A worker that lived this long had not crashed "in a row", in milliseconds. */
const STEADY_MS = 60_000

/** How long to wait before a worker that keeps dying is started once more. */
export class Restarts {
  #crashes = 0

  /** Deaths in a row. */
  get crashes(): number {
    return this.#crashes
  }

  /** Notes that a worker died after `livedMs`, and says after how many milliseconds the next one may start. */
  afterCrash(livedMs: number): number {
    this.#crashes = livedMs > STEADY_MS ? 1 : this.#crashes + 1
    return DELAYS_MS[Math.min(this.#crashes, DELAYS_MS.length) - 1] as number
  }
}
