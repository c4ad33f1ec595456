import { CastellanError } from '@castellan/contracts'
import { commandFailed } from './command.ts'
import { likely } from './likely.ts'
import { parseJsonList, parseProperties, systemctl } from './systemctl.ts'
import { listSockets, listTimers, type Socket, type Timer } from './timers.ts'
import { controlUnit, type UnitVerb } from './unit-control.ts'
import { readUnitFiles, type UnitFile } from './unit-files.ts'
import { type UnitLinks, type UnitReach, unitLinks, unitReach } from './unit-links.ts'

/** One service unit in a list. States are systemd's own words (systemd.unit(5)). */
export interface ServiceSummary {
  readonly unit: string
  readonly description: string
  readonly loadState: string
  readonly activeState: string
  readonly subState: string
}

/** One unit in full, from `systemctl show`. What systemd does not count, or the unit does not have, is null. */
export interface UnitDetail extends ServiceSummary {
  /** `enabled`, `disabled`, `static`, …: whether it starts at boot; empty for units without a file. */
  readonly unitFileState: string
  readonly mainPid: number | null
  /** When it entered its present state. */
  readonly since: Date | null
  readonly memoryBytes: number | null
  readonly cpuSeconds: number | null
  readonly tasks: number | null
  readonly restarts: number | null
  /** How it ended last: `success`, `exit-code`, `signal`, `timeout`, … */
  readonly result: string | null
  readonly exitStatus: number | null
  readonly unitFile: string | null
  /** Whether it can read its configuration again while it runs. */
  readonly canReload: boolean
  /** Made by a program, as by systemd-run: stopped, it is gone. */
  readonly transient: boolean
}

const suffixes = /\.(service|socket|target|timer|mount|automount|path|slice|scope|swap|device)$/

const properties = [
  'Id,Description,LoadState,ActiveState,SubState,UnitFileState,FragmentPath,StateChangeTimestamp,MainPID,MemoryCurrent',
  'CPUUsageNSec,TasksCurrent,NRestarts,Result,ExecMainStatus,ExecMainExitTimestamp,CanReload,Transient',
].join(',')

/** What `systemctl` knows. Needs systemd 251 or later as process 1; otherwise every method throws `unsupported_host`. */
export class Systemd {
  /** Every loaded service unit, by name. */
  async services(signal: AbortSignal): Promise<readonly ServiceSummary[]> {
    const result = await systemctl(['list-units', '--type=service', '--all', '--output=json'], signal)
    if (result.exitCode !== 0) throw commandFailed('systemctl', result)
    return parseUnitList(result.stdout)
  }

  /** One unit; `.service` is understood where `name` has no suffix. Throws `unit_not_found`, naming near misses. */
  async unit(name: string, signal: AbortSignal): Promise<UnitDetail> {
    const unit = await this.resolve(name, signal)
    const result = await systemctl(['show', '--timestamp=unix', `--property=${properties}`, '--', unit], signal)
    if (result.exitCode !== 0) throw commandFailed('systemctl', result)
    return parseUnitDetail(result.stdout)
  }

  /** The full name of a unit that exists. Throws `unit_not_found`. */
  async resolve(name: string, signal: AbortSignal): Promise<string> {
    const unit = suffixes.test(name) ? name : `${name}.service`
    const result = await systemctl(['show', '--property=Id,LoadState', '--', unit], signal)
    if (result.exitCode !== 0) throw commandFailed('systemctl', result)
    const fields = parseProperties(result.stdout)
    if (fields.get('LoadState') !== 'not-found') return fields.get('Id') ?? unit
    const names = await this.#unitNames(signal)
    const near = likely(unit, names)
    const hint = near.length === 0 ? 'service_list shows the services there are.' : `Did you mean ${near.join(', ')}?`
    throw new CastellanError('unit_not_found', `This host has no unit ${unit}. ${hint}`, { detail: { near } })
  }

  /** Starts, stops, restarts or reloads a unit by its full name and waits until systemd is done with it. */
  control(verb: UnitVerb, unit: string, signal: AbortSignal): Promise<void> {
    return controlUnit(verb, unit, signal)
  }

  /** What a unit depends on and what depends on it. `unit` is a full name. */
  links(unit: string, signal: AbortSignal): Promise<UnitLinks> {
    return unitLinks(unit, signal)
  }

  /** Which other units starting or stopping this one would start and stop. `unit` is a full name. */
  reach(verb: UnitVerb, unit: string, signal: AbortSignal): Promise<UnitReach> {
    return unitReach(verb, unit, signal)
  }

  /** The file of a unit and its drop-ins, in the order in which systemd reads them. `unit` is a full name. */
  files(unit: string, signal: AbortSignal): Promise<readonly UnitFile[]> {
    return readUnitFiles(unit, signal)
  }

  timers(signal: AbortSignal): Promise<readonly Timer[]> {
    return listTimers(signal)
  }

  /** Addresses that systemd itself waits on for its socket units. */
  sockets(signal: AbortSignal): Promise<readonly Socket[]> {
    return listSockets(signal)
  }

  async #unitNames(signal: AbortSignal): Promise<string[]> {
    const [loaded, files] = await Promise.all([
      systemctl(['list-units', '--all', '--output=json'], signal),
      systemctl(['list-unit-files', '--output=json'], signal),
    ])
    const fromFiles = parseJsonList(files.stdout).map(({ unit_file }) => String(unit_file))
    return [...new Set([...parseUnitList(loaded.stdout).map(({ unit }) => unit), ...fromFiles])]
  }
}

export function parseUnitList(json: string): ServiceSummary[] {
  return parseJsonList(json)
    .map(({ unit, description, load, active, sub }) => ({
      unit: String(unit),
      description: String(description),
      loadState: String(load),
      activeState: String(active),
      subState: String(sub),
    }))
    .sort((left, right) => (left.unit < right.unit ? -1 : 1))
}

/** `systemctl show --timestamp=unix`: one `Name=value` a line; times as `@seconds`, `[not set]` for what is not counted. */
export function parseUnitDetail(text: string): UnitDetail {
  const fields = parseProperties(text)
  const word = (name: string) => fields.get(name) ?? ''
  const count = (name: string) => (/^\d{1,18}$/.test(word(name)) ? Number(word(name)) : null)
  const seconds = /^@(\d+)$/.exec(word('StateChangeTimestamp'))?.[1]
  const cpuNanoseconds = count('CPUUsageNSec')
  return {
    unit: word('Id'),
    description: word('Description'),
    loadState: word('LoadState'),
    activeState: word('ActiveState'),
    subState: word('SubState'),
    unitFileState: word('UnitFileState'),
    mainPid: count('MainPID') || null,
    since: seconds === undefined || seconds === '0' ? null : new Date(Number(seconds) * 1000),
    memoryBytes: count('MemoryCurrent'),
    cpuSeconds: cpuNanoseconds === null ? null : Math.round(cpuNanoseconds / 1e6) / 1000,
    tasks: count('TasksCurrent'),
    restarts: count('NRestarts'),
    result: fields.get('Result') ?? null,
    exitStatus: word('ExecMainExitTimestamp') === '' ? null : count('ExecMainStatus'),
    unitFile: word('FragmentPath') || null,
    canReload: word('CanReload') === 'yes',
    transient: word('Transient') === 'yes',
  }
}
