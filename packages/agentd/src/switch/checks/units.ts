import { findProgram, runCommand } from '../../host/command.ts'

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

const properties = 'Id,LoadState,ActiveState,SubState,NRestarts,Result,StateChangeTimestampMonotonic'

/** Every unit in systemd's memory, by name. Units whose file is gone are `loaded: false`: they only remember a failure. */
export async function unitStates(signal: AbortSignal): Promise<ReadonlyMap<string, UnitState>> {
  const args = ['show', '--all', `--property=${properties}`, '--', '*']
  const result = await runCommand(await findProgram('systemctl'), args, { signal, maxOutputBytes: 16 * 1024 * 1024 })
  return parseUnitStates(result.stdout, Number(process.hrtime.bigint() / 1000n))
}

/** `systemctl show` of many units: `Name=value` lines, a blank line between units. `now`: CLOCK_MONOTONIC, in microseconds. */
export function parseUnitStates(text: string, now: number): ReadonlyMap<string, UnitState> {
  const units = new Map<string, UnitState>()
  for (const block of text.split('\n\n')) {
    const fields = new Map<string, string>()
    for (const line of block.split('\n')) {
      const equals = line.indexOf('=')
      if (equals > 0) fields.set(line.slice(0, equals), line.slice(equals + 1))
    }
    const unit = fields.get('Id')
    if (unit === undefined || unit.startsWith('castellan-activate-') || unit.startsWith('castellan-roll-back-'))
      continue
    units.set(unit, {
      unit,
      loaded: fields.get('LoadState') === 'loaded',
      activeState: fields.get('ActiveState') ?? '',
      subState: fields.get('SubState') ?? '',
      restarts: Number(fields.get('NRestarts') ?? 0),
      result: fields.get('Result') ?? '',
      forSeconds: Math.max(0, now - Number(fields.get('StateChangeTimestampMonotonic') ?? 0)) / 1e6,
    })
  }
  return units
}

/** `starting`, `running`, `degraded`, …; systemctl(1), is-system-running. */
export async function systemState(signal: AbortSignal): Promise<string> {
  const result = await runCommand(await findProgram('systemctl'), ['is-system-running'], {
    signal,
    maxOutputBytes: 1024,
  })
  return result.stdout.trim()
}
