import { CastellanError } from '@castellan/contracts'
import { type CommandResult, commandFailed, findProgram, runCommand } from './command.ts'
import { likely } from './likely.ts'
import { systemdRuns } from './system.ts'

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
}

const MAX_OUTPUT_BYTES = 8 * 1024 * 1024

const suffixes = /\.(service|socket|target|timer|mount|automount|path|slice|scope|swap|device)$/

const properties = [
  'Id,Description,LoadState,ActiveState,SubState,UnitFileState,FragmentPath,StateChangeTimestamp,MainPID,MemoryCurrent',
  'CPUUsageNSec,TasksCurrent,NRestarts,Result,ExecMainStatus,ExecMainExitTimestamp',
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
  }
}

function parseProperties(text: string): Map<string, string> {
  const fields = new Map<string, string>()
  for (const line of text.split('\n')) {
    const equals = line.indexOf('=')
    if (equals > 0) fields.set(line.slice(0, equals), line.slice(equals + 1))
  }
  return fields
}

function parseJsonList(json: string): Record<string, unknown>[] {
  const value: unknown = json.trim() === '' ? [] : JSON.parse(json)
  return Array.isArray(value) ? value : []
}

async function systemctl(args: readonly string[], signal: AbortSignal): Promise<CommandResult> {
  if (!(await systemdRuns())) {
    throw new CastellanError(
      'unsupported_host',
      'This host is not run by systemd (there is no /run/systemd/system), so it has no services to ask about. On NixOS, or ' +
        'any Linux that boots with systemd, this works.',
    )
  }
  return runCommand(await findProgram('systemctl'), args, { signal, maxOutputBytes: MAX_OUTPUT_BYTES })
}
