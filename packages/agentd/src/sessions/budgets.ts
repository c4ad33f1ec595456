import {
  type BudgetLimits,
  type BudgetLine,
  type BudgetResource,
  type BudgetScope,
  type CallId,
  CastellanError,
  type LedgerEntry,
} from '@castellan/contracts'
import { type Amounts, amountsOf, minus, nothing, plus, resources } from './amounts.ts'
import type { Book } from './book.ts'

/** A budget that a call counts against, with its limits before anybody raised them. */
export interface Budget {
  readonly scope: BudgetScope
  readonly limits: BudgetLimits
}

interface Hold {
  readonly scopes: readonly BudgetScope[]
  readonly amounts: Amounts
}

const one = amountsOf({ steps: 1, tool_calls: 1 })
/** What every call needs some of. */
const another = { steps: 1, tool_calls: 1, tokens: 1, wall_ms: 1 } as const

/**
 * Nothing is spent that was not set aside before. Between being set aside and its intent in the ledger, an amount is
 * held here; from the intent on the book has it, and the outcome settles what it came to. No step of this waits, so
 * calls that come at once cannot overspend together.
 */
export class Budgets {
  readonly #book: () => Book
  readonly #now: () => number
  readonly #holds = new Map<CallId, Hold>()
  /** All holds together, by scope. */
  readonly #held = new Map<BudgetScope, Amounts>()

  constructor(book: () => Book, now: () => number) {
    this.#book = book
    this.#now = now
  }

  /** Refuses where nothing is left for one more step. Throws `budget_exceeded`. */
  refuseSpent(budgets: readonly Budget[]): void {
    this.#refuse(budgets, amountsOf(another))
  }

  /**
   * Sets aside what a call may spend, until the hold is disposed of or the intent is in the book. Answers how long the
   * call may run at most, in milliseconds: its own deadline or what is left. Throws `budget_exceeded`.
   */
  setAside(callId: CallId, budgets: readonly Budget[], amounts: Amounts): { readonly wallMs: number } & Disposable {
    const wall_ms = Math.min(amounts.wall_ms, ...budgets.map((budget) => this.#left(budget, 'wall_ms')))
    const aside = { ...amounts, wall_ms: Math.max(wall_ms, 1) }
    this.#refuse(budgets, plus(aside, one))
    this.#hold(callId, { scopes: budgets.map(({ scope }) => scope), amounts: plus(aside, one) })
    return { wallMs: aside.wall_ms, [Symbol.dispose]: () => this.#letGo(callId) }
  }

  /** The book takes this entry now: what was held for its call is in it. */
  release({ type, call_id }: LedgerEntry): void {
    if (type === 'intent' && call_id !== undefined) this.#letGo(call_id)
  }

  /** What is used up: nothing more is allowed of it. */
  spent(budgets: readonly Budget[]): BudgetLine[] {
    return this.lines(budgets).filter(({ spent, limit, resource }) => spent >= limit && resource in another)
  }

  /** How much is left of what is limited, the least of all. */
  left(budgets: readonly Budget[]): Partial<Amounts> {
    this.#book().turnTo(this.#now())
    const least = resources.map(
      (resource) => [resource, Math.min(...budgets.map((budget) => this.#left(budget, resource)))] as const,
    )
    return Object.fromEntries(
      least.filter(([, amount]) => Number.isFinite(amount)).map(([name, amount]) => [name, Math.max(0, amount)]),
    )
  }

  /** What was spent of what is limited. */
  lines(budgets: readonly Budget[]): BudgetLine[] {
    this.#book().turnTo(this.#now())
    return budgets.flatMap(({ scope, limits }) =>
      resources.flatMap((resource) => {
        const limit = this.#limit({ scope, limits }, resource)
        return limit === undefined ? [] : [{ scope, resource, spent: this.#book().spent(scope)[resource], limit }]
      }),
    )
  }

  #refuse(budgets: readonly Budget[], wanted: Amounts): void {
    this.#book().turnTo(this.#now())
    for (const budget of budgets) {
      for (const resource of resources) {
        if (wanted[resource] > this.#left(budget, resource)) throw this.#exceeded(budget, resource, wanted[resource])
      }
    }
  }

  #limit({ scope, limits }: Budget, resource: BudgetResource): number | undefined {
    const limit = limits[resource]
    return limit === undefined ? undefined : limit + this.#book().raised(scope)[resource]
  }

  #left(budget: Budget, resource: BudgetResource): number {
    const limit = this.#limit(budget, resource)
    if (limit === undefined) return Number.POSITIVE_INFINITY
    return limit - this.#book().spent(budget.scope)[resource] - this.#heldIn(budget.scope)[resource]
  }

  #hold(callId: CallId, hold: Hold): void {
    this.#holds.set(callId, hold)
    for (const scope of hold.scopes) this.#held.set(scope, plus(this.#heldIn(scope), hold.amounts))
  }

  #letGo(callId: CallId): void {
    const hold = this.#holds.get(callId)
    if (hold === undefined) return
    this.#holds.delete(callId)
    for (const scope of hold.scopes) this.#held.set(scope, minus(this.#heldIn(scope), hold.amounts))
    if (this.#holds.size === 0) this.#held.clear()
  }

  #heldIn(scope: BudgetScope): Amounts {
    return this.#held.get(scope) ?? nothing
  }

  #exceeded(budget: Budget, resource: BudgetResource, wanted: number): CastellanError {
    const { scope } = budget
    const limit = this.#limit(budget, resource) ?? 0
    const spent = this.#book().spent(scope)[resource]
    const held = this.#heldIn(scope)[resource]
    const underWay = held === 0 ? '' : `, ${held} are set aside for calls under way`
    const daily = isDaily(scope)
    const message =
      `The budget of ${wordsFor(scope)} does not allow this call: ${spent} of ${limit} ${units[resource]} are spent` +
      `${underWay}, and it needs ${wanted} more. Nothing was done. ` +
      `${daily ? 'It begins anew at 00:00 UTC; the' : 'The'} operator can raise it: ` +
      `\`agentctl budget raise ${scope} ${resource} AMOUNT\`.`
    const now = this.#now()
    return new CastellanError('budget_exceeded', message, {
      detail: { scope, resource, spent, held, limit, wanted },
      ...(daily ? { retryAfterSeconds: Math.ceil((86_400_000 - (now % 86_400_000)) / 1000) } : {}),
    })
  }
}

const units: Readonly<Record<BudgetResource, string>> = {
  steps: 'steps',
  tool_calls: 'tool calls',
  tokens: 'tokens',
  wall_ms: 'milliseconds of running time',
  bytes_written: 'bytes to write',
  files_touched: 'files to change',
  egress_bytes: 'bytes to send out',
}

function wordsFor(scope: BudgetScope): string {
  const [kind, name] = scope.split(':')
  if (kind === 'day') return 'all agents for today'
  if (kind === 'agent') return `agent ${name} for today`
  return `${kind === 'session' ? 'session' : 'capability'} ${name}`
}

function isDaily(scope: BudgetScope): boolean {
  return scope === 'day' || scope.startsWith('agent:')
}
