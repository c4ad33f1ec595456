import { CastellanError } from '@castellan/contracts'

/** Lets the next one in. Calling it again does nothing. */
export type Leave = () => void

/** One at a time, first come, first served, and not more than a few who wait. */
export class Line {
  readonly #limit: number
  readonly #waiting: (() => void)[] = []
  #taken = false

  constructor(limit: number) {
    this.#limit = limit
  }

  get empty(): boolean {
    return !this.#taken
  }

  /** Throws `engine_queue_full` once `limit` others wait; an aborted signal leaves the line and rejects with its reason. */
  async enter(signal: AbortSignal): Promise<Leave> {
    signal.throwIfAborted()
    if (!this.#taken) return this.#take()
    const waiting = this.#waiting.length
    if (waiting >= this.#limit) {
      throw new CastellanError(
        'engine_queue_full',
        `The embedding model is busy and ${waiting} requests wait already. Try again in a few seconds.`,
        { detail: { waiting }, retryAfterSeconds: 2 },
      )
    }
    return await new Promise<Leave>((resolve, reject) => {
      const go = (): void => {
        signal.removeEventListener('abort', give)
        resolve(this.#take())
      }
      const give = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(go), 1)
        reject(signal.reason)
      }
      this.#waiting.push(go)
      signal.addEventListener('abort', give, { once: true })
    })
  }

  #take(): Leave {
    this.#taken = true
    let left = false
    return () => {
      if (left) return
      left = true
      this.#taken = false
      this.#waiting.shift()?.()
    }
  }
}
