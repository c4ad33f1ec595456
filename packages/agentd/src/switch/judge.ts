import type { Drive } from './drive.ts'
import { Health, nothingKnown } from './health.ts'
import type { Journal } from './journal.ts'
import type { SwitchMachine } from './machine.ts'
import { back, type Next, wentBack } from './next.ts'
import type { Finding } from './record.ts'

/** What held before may miss once: it counts when it fails so often in a row. */
const STRIKES = 2
/** And what never held since the activation, when it still fails at the end; the network of the host, after so many looks. */
const NETWORK_STRIKES = 10

/** What one look at the host came to. */
export interface Look {
  /** Where it leads, when it settles the matter; null while it does not. */
  readonly next: Next | null
  /** Nothing required fails now. */
  readonly sound: boolean
  /** No unit was restarted of late. */
  readonly settled: boolean
  readonly findings: Finding[]
}

/** Looks at a host on probation, again and again, and says when it is certain that the new system is sick. */
export class Judge {
  readonly #drive: Drive
  readonly #journal: Journal
  readonly #machine: SwitchMachine
  readonly #health: Health
  readonly #strikes = new Map<string, number>()
  /** Checks that held at least once. */
  readonly #held = new Set<string>()

  constructor(drive: Drive, { journal, machine }: { readonly journal: Journal; readonly machine: SwitchMachine }) {
    this.#drive = drive
    this.#journal = journal
    this.#machine = machine
    this.#health = new Health(drive.record.plan.checks, drive.record.baseline?.restarts)
  }

  /** `ending`: it is the last look, or one after that. */
  async look(ending: boolean): Promise<Look> {
    const { id, plan, to, baseline } = this.#drive.record
    const decided = await this.#journal.decided(id)
    if (decided?.decision === 'rollback') return over(wentBack(decided.by))
    const running = await this.#machine.running()
    if (running.path !== to.path) {
      return over(back(`Somebody else switched to ${running.path} meanwhile.`, { blamed: false }))
    }
    const findings = await this.#health.look(baseline ?? nothingKnown(), this.#drive.signal, { ending, strict: true })
    const required = findings.filter((finding) => finding.required)
    this.#count(required)
    const certain = plan.confirm === 'operator' ? [] : required.filter((finding) => this.#isCertain(finding, ending))
    if (certain.length === 0) {
      return { next: null, sound: required.length === 0, settled: this.#health.unsettled() === null, findings }
    }
    const outcome = certain.map(({ message }) => message).join('; ')
    return over(back(`It is not healthy: ${outcome.slice(0, 1800)}.`, { findings }))
  }

  #count(required: readonly Finding[]): void {
    const failing = new Set(required.map(({ check }) => check))
    for (const { name } of this.#drive.record.plan.checks) if (!failing.has(name)) this.#held.add(name)
    for (const name of this.#strikes.keys()) if (!failing.has(name)) this.#strikes.delete(name)
    for (const name of failing) this.#strikes.set(name, (this.#strikes.get(name) ?? 0) + 1)
  }

  /** A failed unit is failed; a port that nobody opened yet may be opened still. */
  #isCertain({ check }: Finding, ending: boolean): boolean {
    const strikes = this.#strikes.get(check) ?? 0
    if (check.startsWith('unit ')) return true
    if (this.#isOwn(check) && strikes >= NETWORK_STRIKES) return true
    return strikes >= STRIKES && (ending || this.#held.has(check))
  }

  /** Whether it is a look of SafeSwitch's own, at the network. */
  #isOwn(check: string): boolean {
    return !this.#drive.record.plan.checks.some(({ name }) => name === check)
  }
}

function over(next: Next): Look {
  return { next, sound: false, settled: true, findings: [] }
}
