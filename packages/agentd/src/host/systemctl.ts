import { access } from 'node:fs/promises'
import { CastellanError } from '@castellan/contracts'
import { type CommandResult, commandFailed, findProgram, runCommand } from './command.ts'

const MAX_OUTPUT_BYTES = 8 * 1024 * 1024

/** sd_booted(3): systemd makes this folder when it is process 1. */
export function systemdRuns(): Promise<boolean> {
  return access('/run/systemd/system').then(
    () => true,
    () => false,
  )
}

/** Throws `unsupported_host` where systemd is not process 1. */
export async function requireSystemd(): Promise<void> {
  if (!(await systemdRuns())) {
    throw new CastellanError(
      'unsupported_host',
      'This host is not run by systemd (there is no /run/systemd/system), which this needs. On NixOS, or any Linux that ' +
        'boots with systemd, this works.',
    )
  }
}

/** Runs systemctl(1). Throws `unsupported_host` where systemd is not process 1; a non-zero exit is the caller's to judge. */
export async function systemctl(args: readonly string[], signal: AbortSignal): Promise<CommandResult> {
  await requireSystemd()
  return runCommand(await findProgram('systemctl'), args, { signal, maxOutputBytes: MAX_OUTPUT_BYTES })
}

/** Properties of units by name, from one `systemctl show`, in the order asked; of a unit that does not exist some are empty. */
export async function showUnits(
  units: readonly string[],
  names: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>[]> {
  if (units.length === 0) return []
  const result = await systemctl(['show', `--property=${names.join(',')}`, '--', ...units], signal)
  if (result.exitCode !== 0) throw commandFailed('systemctl', result)
  return result.stdout.split('\n\n').map(parseProperties)
}

/** What `systemctl LIST --output=json` prints. Throws `command_failed`. */
export async function listAsJson(args: readonly string[], signal: AbortSignal): Promise<Record<string, unknown>[]> {
  const result = await systemctl([...args, '--output=json'], signal)
  if (result.exitCode !== 0) throw commandFailed('systemctl', result)
  return parseJsonList(result.stdout)
}

/** One `Name=value` a line. */
export function parseProperties(text: string): Map<string, string> {
  const fields = new Map<string, string>()
  for (const line of text.split('\n')) {
    const equals = line.indexOf('=')
    if (equals > 0) fields.set(line.slice(0, equals), line.slice(equals + 1))
  }
  return fields
}

export function parseJsonList(json: string): Record<string, unknown>[] {
  const value: unknown = json.trim() === '' ? [] : JSON.parse(json)
  return Array.isArray(value) ? value : []
}
