import { CastellanError } from '@castellan/contracts'
import type { CommandResult } from './command.ts'
import { systemctl } from './systemctl.ts'

export type UnitVerb = 'start' | 'stop' | 'restart' | 'reload'

/**
 * Has systemd start, stop, restart or reload a unit and waits until it is done. When the signal aborts only the waiting
 * ends: the job is systemd's, and the error says so. Throws `permission_denied` or `command_failed`.
 */
export async function controlUnit(verb: UnitVerb, unit: string, signal: AbortSignal): Promise<void> {
  try {
    const result = await systemctl([verb, '--no-ask-password', '--quiet', '--', unit], signal)
    if (result.exitCode !== 0) throw refusal(verb, unit, result)
  } catch (error) {
    if (!(signal.aborted && signal.reason instanceof CastellanError)) throw error
    const { code, message } = signal.reason
    throw new CastellanError(code, `${message} systemd goes on to ${verb} ${unit}; service_status tells how it ends.`)
  }
}

function refusal(verb: UnitVerb, unit: string, { stderr, exitCode }: CommandResult): CastellanError {
  const words = stderr
    .split('\n')
    .map((line) => line.replace(/^(Warning: .*|See (system logs and )?["'].*)$/, '').trim())
    .filter((line) => line !== '')
    .join(' ')
    .slice(0, 500)
  if (/access denied|authentication (is )?required|permission denied/i.test(words)) {
    return new CastellanError(
      'permission_denied',
      `systemd does not let this agentd ${verb} ${unit}: it has to run as root for that.`,
    )
  }
  const why = words === '' ? `systemctl ended with exit code ${exitCode}.` : words
  return new CastellanError(
    'command_failed',
    `systemd could not ${verb} ${unit}: ${why} service_status and journal_query with this unit tell more.`,
  )
}
