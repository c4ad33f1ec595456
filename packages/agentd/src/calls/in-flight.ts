import { type CallId, CastellanError } from '@castellan/contracts'

/** The calls being worked on, at most `limit` at once. */
export class InFlight {
  readonly limit: number
  readonly #calls = new Set<CallId>()
  #onIdle: (() => void) | undefined

  constructor(limit: number) {
    this.limit = limit
  }

  get size(): number {
    return this.#calls.size
  }

  /** A place for a call until it is disposed of. Throws `duplicate_call` or `busy`. */
  enter(callId: CallId): Disposable {
    if (this.#calls.has(callId)) {
      throw new CastellanError(
        'duplicate_call',
        `The call ${callId} is still running. Wait for its answer, or use a new call_id for another call.`,
      )
    }
    if (this.#calls.size >= this.limit) {
      throw new CastellanError(
        'busy',
        `${this.limit} calls are running, as many as run at once. Try again in a second.`,
        {
          retryAfterSeconds: 1,
        },
      )
    }
    this.#calls.add(callId)
    return { [Symbol.dispose]: () => this.#leave(callId) }
  }

  /** Waits until no call is left, at most `ms`. */
  async idle(ms: number): Promise<void> {
    if (this.#calls.size === 0) return
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#onIdle = resolve
    const timer = setTimeout(resolve, ms)
    await promise
    clearTimeout(timer)
  }

  #leave(callId: CallId): void {
    this.#calls.delete(callId)
    if (this.#calls.size === 0) this.#onIdle?.()
  }
}
