import { CastellanError } from '@castellan/contracts'

/** Something that is under way to the outside. */
export interface Flight {
  /** Aborted when the client goes away, the time is up, or the operator takes the permission away. */
  readonly signal: AbortSignal
  abort(reason: CastellanError): void
  /** It is over. */
  land(): void
}

interface Entry {
  readonly controller: AbortController
  /** The entry of the list that it goes by; changes with a redirect. */
  destination: () => string | undefined
}

/** All that is under way, so that shutting the airlock or striking an entry ends it at once. */
export class Flights {
  readonly #entries = new Set<Entry>()
  readonly #most: number

  constructor(most: number) {
    this.#most = most
  }

  get size(): number {
    return this.#entries.size
  }

  /** Throws `busy` where as many are under way as may be. `destination` is asked when one is struck from the list. */
  start(destination: () => string | undefined): Flight {
    if (this.#entries.size >= this.#most) {
      throw new CastellanError(
        'busy',
        `${this.#most} requests are under way through the airlock. Try again in a moment.`,
      )
    }
    const controller = new AbortController()
    const entry: Entry = { controller, destination }
    this.#entries.add(entry)
    return {
      signal: controller.signal,
      abort: (reason) => controller.abort(reason),
      land: () => this.#entries.delete(entry),
    }
  }

  /** Ends what goes by this entry of the list; everything without one. */
  cut(reason: CastellanError, destination?: string): void {
    for (const entry of this.#entries) {
      if (destination === undefined || entry.destination() === destination) entry.controller.abort(reason)
    }
  }
}
