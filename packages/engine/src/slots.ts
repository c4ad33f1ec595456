import { CastellanError } from '@castellan/contracts'

/** Gives a slot back. Calling it again does nothing. */
export type Release = () => void

interface Waiter {
  readonly grant: (release: Release) => void
}

/** What the model can do at once, and the line of those who wait for it: first come, first served. */
export class Slots {
  readonly total: number
  readonly #queueLimit: number
  readonly #waiting: Waiter[] = []
  #busy = 0

  constructor(total: number, queueLimit: number) {
    this.total = total
    this.#queueLimit = queueLimit
  }

  get busy(): number {
    return this.#busy
  }

  get waiting(): number {
    return this.#waiting.length
  }

  /**
   * Waits for a slot. Refuses with `busy` (and when to come back) once `queueLimit` others wait; an aborted signal leaves
   * the line and rejects with its reason.
   */
  async acquire(signal: AbortSignal): Promise<Release> {
    signal.throwIfAborted()
    if (this.#busy < this.total) return this.#take()
    if (this.#waiting.length >= this.#queueLimit) {
      throw new CastellanError(
        'busy',
        `The model is busy and ${this.#waiting.length} requests wait already. Try again in a few seconds.`,
        { detail: { busy: this.#busy, waiting: this.#waiting.length }, retryAfterSeconds: 2 },
      )
    }
    return await new Promise<Release>((resolve, reject) => {
      const leave = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(waiter), 1)
        reject(signal.reason)
      }
      const waiter: Waiter = {
        grant: (release) => {
          signal.removeEventListener('abort', leave)
          resolve(release)
        },
      }
      this.#waiting.push(waiter)
      signal.addEventListener('abort', leave, { once: true })
    })
  }

  #take(): Release {
    this.#busy++
    let held = true
    return () => {
      if (!held) return
      held = false
      this.#busy--
      const next = this.#waiting.shift()
      if (next !== undefined) next.grant(this.#take())
    }
  }
}
