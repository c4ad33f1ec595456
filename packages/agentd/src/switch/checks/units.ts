import { showUnits, systemctl } from '../../host/systemctl.ts'
import { parseUnitList } from '../../host/systemd.ts'

/** One unit that systemd has loaded, as far as health goes. */
export interface UnitState {
  readonly unit: string
  readonly loaded: boolean
  readonly activeState: string
  readonly subState: string
  readonly restarts: number
  /** How it ended last. */
  readonly result: string
  /** How long it has been in this state, in seconds. */
  readonly forSeconds: number
}

const properties = ['Id', 'NRestarts', 'Result', 'StateChangeTimestampMonotonic']

/**
 * Every unit in systemd's memory, by name. Units whose file is gone are `loaded: false`: they only remember a failure. One
 * question for all, and one more for the services that run or try to: systemd takes its time to tell everything of a unit.
 */
export async function unitStates(signal: AbortSignal): Promise<ReadonlyMap<string, UnitState>> {
  const { stdout } = await systemctl(['list-units', '--all', '--output=json'], signal)
  const units = parseUnitList(stdout).filter(({ unit }) => !/^castellan-(activate|roll-back|dead-man)-/.test(unit))
  const busy = units.filter(({ unit, activeState, subState }) => {
    return unit.endsWith('.service') && activeState !== 'inactive' && subState !== 'exited'
  })
  const shown = await showUnits(
    busy.map(({ unit }) => unit),
    properties,
    signal,
  )
  const now = Number(process.hrtime.bigint() / 1000n)
  const details = new Map(shown.map((fields) => [fields.get('Id') ?? '', detailOf(fields, now)]))
  return new Map(
    units.map(({ unit, loadState, activeState, subState }) => [
      unit,
      { unit, loaded: loadState === 'loaded', activeState, subState, ...(details.get(unit) ?? quiet) },
    ]),
  )
}

type Detail = Pick<UnitState, 'restarts' | 'result' | 'forSeconds'>

const quiet: Detail = { restarts: 0, result: '', forSeconds: Number.POSITIVE_INFINITY }

/** `now`: CLOCK_MONOTONIC, in microseconds. */
function detailOf(fields: ReadonlyMap<string, string>, now: number): Detail {
  return {
    restarts: Number(fields.get('NRestarts') ?? 0),
    result: fields.get('Result') ?? '',
    forSeconds: Math.max(0, now - Number(fields.get('StateChangeTimestampMonotonic') ?? 0)) / 1e6,
  }
}

/** `starting`, `running`, `degraded`, …; systemctl(1), is-system-running. */
export async function systemState(signal: AbortSignal): Promise<string> {
  return (await systemctl(['is-system-running'], signal)).stdout.trim()
}
