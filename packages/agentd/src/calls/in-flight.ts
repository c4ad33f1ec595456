import { type CallId, CastellanError } from '@castellan/contracts'
import type { Caller } from './call.ts'

/** A call's place until it is disposed of. `signal` is aborted when agentd itself stops the call. */
export interface Place extends Disposable {
  readonly signal: AbortSignal
}

/** The calls being worked on, at most `limit` at once. */
export class InFlight {
  readonly limit: number
  readonly #calls = new Map<CallId, { readonly kind: Caller['kind']; readonly stop: AbortController }>()
  #onIdle: (() => void) | undefined

  constructor(limit: number) {
    this.limit = limit
  }

  get size(): number {
    return this.#calls.size
  }

  /** Throws `duplicate_call` or `busy`. */
  enter(callId: CallId, kind: Caller['kind']): Place {
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
    const stop = new AbortController()
    this.#calls.set(callId, { kind, stop })
    return { signal: stop.signal, [Symbol.dispose]: () => this.#leave(callId) }
  }

  /** Stops every call that is not the operator's own. They are told `why`, and have the time that any stopped call has. */
  stopAgents(why: CastellanError): void {
    for (const { kind, stop } of this.#calls.values()) if (kind !== 'operator') stop.abort(why)
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
