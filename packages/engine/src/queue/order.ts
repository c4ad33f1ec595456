/** What decides whose turn it is. */
export interface Waiting {
  readonly priority: 'interactive' | 'background'
  /** Whose request it is; undefined is a session of its own, shared by all who do not say. */
  readonly session?: string | undefined
}

/** After so many grants to those somebody waits for, one of the others is due. */
const INTERACTIVE_IN_A_ROW = 3
/** Sessions come and go; those of long ago weigh no more than those that never had a turn. */
const REMEMBERED_SESSIONS = 1024

/**
 * Whose turn it is: three interactive requests go before each background one; of each class the sessions take turns, the one
 * whose last turn is longest ago first; within a session first come, first served.
 */
export class Turns {
  #count = 0
  #interactiveInARow = 0
  readonly #lastTurn: Map<string | undefined, number>

  constructor(lastTurn: ReadonlyMap<string | undefined, number> = new Map()) {
    this.#lastTurn = new Map(lastTurn)
  }

  /** Who is next of those who wait, in the order they came. */
  next<Waiter extends Waiting>(waiting: readonly Waiter[]): Waiter | undefined {
    const due = this.#interactiveInARow >= INTERACTIVE_IN_A_ROW ? 'background' : 'interactive'
    const ofClass = waiting.filter(({ priority }) => priority === due)
    const candidates = ofClass.length > 0 ? ofClass : waiting
    return candidates.reduce<Waiter | undefined>(
      (best, waiter) => (best === undefined || this.#turnOf(waiter) < this.#turnOf(best) ? waiter : best),
      undefined,
    )
  }

  /** Notes that somebody was served. */
  took({ priority, session }: Waiting): void {
    this.#interactiveInARow = priority === 'interactive' ? this.#interactiveInARow + 1 : 0
    this.#lastTurn.delete(session)
    this.#lastTurn.set(session, ++this.#count)
    if (this.#lastTurn.size > REMEMBERED_SESSIONS) this.#lastTurn.delete(this.#lastTurn.keys().next().value)
  }

  /** Everybody in the order in which they will be served if nobody else comes. */
  order<Waiter extends Waiting>(waiting: readonly Waiter[]): Waiter[] {
    const later = new Turns(this.#lastTurn)
    later.#count = this.#count
    later.#interactiveInARow = this.#interactiveInARow
    const left = [...waiting]
    const ordered: Waiter[] = []
    for (let next = later.next(left); next !== undefined; next = later.next(left)) {
      later.took(next)
      ordered.push(next)
      left.splice(left.indexOf(next), 1)
    }
    return ordered
  }

  #turnOf({ session }: Waiting): number {
    return this.#lastTurn.get(session) ?? 0
  }
}
