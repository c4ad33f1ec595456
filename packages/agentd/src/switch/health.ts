import type { Check } from './checks/check.ts'
import { networkState } from './checks/network.ts'
import { probe } from './checks/probe.ts'
import { type UnitState, unitStates } from './checks/units.ts'
import type { Baseline, Finding } from './record.ts'

/** More restarts than this in a probation are a crash loop, unless a check says otherwise for the unit. */
const MOST_RESTARTS = 1
/** A unit that was restarted has to last longer than before by this factor until that counts as settled. */
const LONGER = 1.5

/** A unit that systemd restarted and that has not been quiet for so long is restless. */
const RESTLESS_SECONDS = 60

/** What fails now, by the name of the check: each finding of a look at the host. */
type Failing = ReadonlyMap<string, { readonly message: string; readonly required: boolean }>

/**
 * Looks at the host again and again, and remembers between looks how often systemd restarted what. Beside the checks that
 * were asked for there are some of its own: no unit fails, none restarts again and again, and the network stays.
 */
export class Health {
  readonly #checks: readonly Check[]
  readonly #restarts = new Map<string, number>()
  readonly #restartedAt = new Map<string, number>()
  readonly #startedAt = Date.now()
  readonly #allowed: ReadonlyMap<string, number>
  #lastSeen: ReadonlyMap<string, number>

  /** `restarts`: the counters from which to count. */
  constructor(checks: readonly Check[], restarts: Readonly<Record<string, number>> = {}) {
    this.#checks = checks
    this.#allowed = new Map(checks.flatMap((check) => (check.kind === 'unit' ? [[check.unit, check.maxRestarts]] : [])))
    this.#lastSeen = new Map(Object.entries(restarts))
  }

  /** What is wrong before anything is done. */
  async baseline(signal: AbortSignal): Promise<Baseline> {
    const units = await unitStates(signal)
    const [failing, network] = await Promise.all([this.#failing(units, signal), networkState()])
    return {
      takenAt: new Date().toISOString(),
      failing: Object.fromEntries([
        ...[...units.values()].filter(isRestless).map(({ unit }) => [`unit ${unit}`, `${unit} was being restarted`]),
        ...[...failing].map(([name, { message }]) => [name, message]),
      ]),
      restarts: Object.fromEntries(
        [...units.values()].filter(({ restarts }) => restarts > 0).map((u) => [u.unit, u.restarts]),
      ),
      hadRoute: network.hasRoute,
      hadAddress: network.hasAddress,
    }
  }

  /**
   * What fails now and did not in the baseline. `ending`: a unit between two restarts counts as well. `strict`: so does
   * a check that has to hold in any case, whatever the baseline says.
   */
  async look(
    baseline: Baseline,
    signal: AbortSignal,
    { ending, strict }: { readonly ending: boolean; readonly strict: boolean },
  ): Promise<Finding[]> {
    const units = await unitStates(signal)
    this.#count(units)
    const [failing, network] = await Promise.all([this.#failing(units, signal), networkState()])
    const all = new Map(failing)
    for (const { unit, loaded, activeState, subState } of units.values()) {
      const again = this.#restarts.get(unit) ?? 0
      if (!loaded) continue
      if (again > (this.#allowed.get(unit) ?? MOST_RESTARTS))
        all.set(`unit ${unit}`, must(`${unit} was restarted ${again} times: a crash loop`))
      else if (ending && activeState === 'activating' && subState === 'auto-restart') {
        all.set(`unit ${unit}`, must(`${unit} ended and waits to be restarted`))
      }
    }
    if (baseline.hadRoute && !network.hasRoute) all.set('default route', must('the host has no default route any more'))
    if (baseline.hadAddress && !network.hasAddress) all.set('address', must('the host has no address any more'))
    const always = new Set(this.#checks.filter(({ expect }) => strict && expect === 'healthy').map(({ name }) => name))
    return [...all]
      .filter(([name]) => always.has(name) || baseline.failing[name] === undefined)
      .map(([check, { message, required }]) => ({ check, required, message: message.slice(0, 500) }))
  }

  /** A unit that was restarted, and may be again after as long as it lasted; null where none is. */
  unsettled(): string | null {
    for (const [unit, at] of this.#restartedAt) {
      if (Date.now() - at < LONGER * (at - this.#startedAt)) return unit
    }
    return null
  }

  async #failing(units: ReadonlyMap<string, UnitState>, signal: AbortSignal): Promise<Failing> {
    const failing = new Map<string, { message: string; required: boolean }>()
    for (const { unit, loaded, activeState, subState, result } of units.values()) {
      if (loaded && activeState === 'failed')
        failing.set(`unit ${unit}`, must(`${unit} failed (${result || subState})`))
    }
    const around = { units, restarts: this.#restarts }
    await Promise.all(
      this.#checks.map(async (check) => {
        const message = await probe(check, around, signal)
        if (message !== null) failing.set(check.name, { message, required: check.required })
      }),
    )
    return failing
  }

  /** A counter that went down was reset by a start that somebody asked for, so it counts from nothing. */
  #count(units: ReadonlyMap<string, UnitState>): void {
    for (const { unit, restarts } of units.values()) {
      const before = this.#lastSeen.get(unit) ?? 0
      const more = restarts >= before ? restarts - before : restarts
      if (more === 0) continue
      this.#restarts.set(unit, (this.#restarts.get(unit) ?? 0) + more)
      this.#restartedAt.set(unit, Date.now())
    }
    this.#lastSeen = new Map([...units.values()].map(({ unit, restarts }) => [unit, restarts]))
  }
}

/** It was restarted of late, or waits to be: it looped before the switch already. */
function isRestless({ subState, restarts, forSeconds }: UnitState): boolean {
  return subState === 'auto-restart' || (restarts > 0 && forSeconds < RESTLESS_SECONDS)
}

function must(message: string) {
  return { message, required: true }
}

/** A record without a baseline is one whose host restarted before it was taken. */
export function nothingKnown(): Baseline {
  return { takenAt: new Date(0).toISOString(), failing: {}, restarts: {}, hadRoute: false, hadAddress: false }
}
