import { type CallId, CastellanError } from '@castellan/contracts'

/** The calls being worked on, at most `limit` at once. */
export class InFlight {
  readonly limit: number
  readonly #calls = new Set<CallId>()

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
    return { [Symbol.dispose]: () => void this.#calls.delete(callId) }
  }
}
