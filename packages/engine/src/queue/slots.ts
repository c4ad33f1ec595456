import { CastellanError } from '@castellan/contracts'
import { Turns, type Waiting } from './order.ts'

/** Gives a slot back. Calling it again does nothing. */
export type Release = () => void

/** Hears the place in the line whenever it changes; 1 is next. */
export type OnPlace = (place: number, waiting: number) => void

interface Waiter extends Waiting {
  readonly grant: (release: Release) => void
  readonly onPlace: OnPlace
  place: number
}

/**
 * What the model can do at once, and the line of those who wait for it. Whose turn it is, {@link Turns} says. Requests
 * that nobody waits for may fill half of the line, so that a chat always finds a place before them.
 */
export class Slots {
  readonly total: number
  readonly queueLimit: number
  readonly #turns = new Turns()
  #waiting: Waiter[] = []
  #busy = 0
  #closed = false

  constructor(total: number, queueLimit: number) {
    this.total = total
    this.queueLimit = queueLimit
  }

  get busy(): number {
    return this.#busy
  }

  get waiting(): number {
    return this.#waiting.length
  }

  /**
   * Waits for a slot. Throws `engine_queue_full` at once (with the place it would have had, and when to come back) where the
   * line is full; an aborted signal leaves the line and rejects with its reason.
   */
  acquire(who: Waiting, signal: AbortSignal, onPlace: OnPlace = () => undefined): Promise<Release> {
    signal.throwIfAborted()
    if (!this.#closed && this.#busy < this.total && this.#waiting.length === 0) return Promise.resolve(this.#take(who))
    const ahead = this.#waiting.length
    const others = this.#waiting.filter(({ priority }) => priority === 'background').length
    const isFull = ahead >= this.queueLimit || (who.priority === 'background' && others >= this.queueLimit / 2)
    if (isFull) throw queueFull(this.#busy, ahead)
    return new Promise<Release>((resolve, reject) => {
      const leave = (): void => {
        this.#waiting = this.#waiting.filter((other) => other !== waiter)
        reject(signal.reason)
        this.#tellPlaces()
      }
      const waiter: Waiter = {
        ...who,
        place: 0,
        onPlace,
        grant: (release) => {
          signal.removeEventListener('abort', leave)
          resolve(release)
        },
      }
      this.#waiting.push(waiter)
      signal.addEventListener('abort', leave, { once: true })
      this.#tellPlaces()
    })
  }

  /** Grants nothing until {@link open}; who runs already goes on. */
  close(): void {
    this.#closed = true
  }

  open(): void {
    this.#closed = false
    this.#serve()
  }

  #take(who: Waiting): Release {
    this.#busy++
    this.#turns.took(who)
    let held = true
    return () => {
      if (!held) return
      held = false
      this.#busy--
      this.#serve()
    }
  }

  #serve(): void {
    let served = false
    while (!this.#closed && this.#busy < this.total && this.#waiting.length > 0) {
      const next = this.#turns.next(this.#waiting) as Waiter
      this.#waiting = this.#waiting.filter((other) => other !== next)
      next.grant(this.#take(next))
      served = true
    }
    if (served) this.#tellPlaces()
  }

  #tellPlaces(): void {
    for (const [index, waiter] of this.#turns.order(this.#waiting).entries()) {
      if (waiter.place === index + 1) continue
      waiter.place = index + 1
      waiter.onPlace(waiter.place, this.#waiting.length)
    }
  }
}

function queueFull(busy: number, waiting: number): CastellanError {
  return new CastellanError(
    'engine_queue_full',
    `The model is busy and ${waiting} requests wait already; this one would be number ${waiting + 1} in line. Try again in a few seconds.`,
    { detail: { busy, waiting, place: waiting + 1 }, retryAfterSeconds: 2 },
  )
}
