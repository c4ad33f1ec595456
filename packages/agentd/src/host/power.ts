import { CastellanError } from '@castellan/contracts'
import { commandFailed, findProgram, runCommand } from './command.ts'
import { showUnits } from './systemctl.ts'

export type PowerAct = 'reboot' | 'shutdown'

/** A reboot or shutdown that waits for its time. */
export interface Scheduled {
  readonly act: PowerAct
  /** The systemd timer that waits; stopping it calls the act off. */
  readonly timer: string
  readonly at: Date
}

const verbs = { reboot: 'reboot', shutdown: 'poweroff' } as const
const acts = ['reboot', 'shutdown'] as const

/**
 * Restarting the machine and turning it off, always after a delay and by a transient systemd timer: what asked for it is
 * recorded before the machine goes, and agentd ending meanwhile makes no difference.
 */
export class Power {
  /** Throws `unsupported_host` without systemd, `conflict` where one is scheduled already, `permission_denied` without root. */
  async schedule(act: PowerAct, delaySeconds: number, reason: string, signal: AbortSignal): Promise<Scheduled> {
    await this.refuseIfScheduled(signal)
    const [systemdRun, systemctl] = await Promise.all([findProgram('systemd-run'), findProgram('systemctl')])
    const words = [
      '--quiet',
      '--collect',
      '--no-ask-password',
      `--unit=castellan-${act}`,
      `--description=${reason}`,
      `--on-active=${delaySeconds}s`,
      '--timer-property=AccuracySec=1s',
      systemctl,
      '--no-ask-password',
      // systemd would put variables in the place of dollar signs (systemd.service(5)).
      `--message=${reason.replaceAll('$', '$$$$')}`,
      verbs[act],
    ]
    const result = await runCommand(systemdRun, words, { signal, maxOutputBytes: 64 * 1024 })
    if (/access denied|authentication (is )?required/i.test(result.stderr)) {
      throw new CastellanError(
        'permission_denied',
        `This agentd may not ${act} the machine: it has to run as root for that.`,
      )
    }
    if (result.exitCode !== 0) throw commandFailed('systemd-run', result)
    return { act, timer: `castellan-${act}.timer`, at: new Date(Date.now() + delaySeconds * 1000) }
  }

  /** Throws `unsupported_host` without systemd, and `conflict` where a reboot or shutdown waits already. */
  async refuseIfScheduled(signal: AbortSignal): Promise<void> {
    const timers = acts.map((act) => `castellan-${act}.timer`)
    const units = await showUnits(timers, ['Id', 'ActiveState'], signal)
    const waiting = units.find((unit) => unit.get('ActiveState') === 'active')?.get('Id')
    if (waiting === undefined) return
    throw new CastellanError(
      'conflict',
      `${waiting} waits already to end this run of the machine. service_stop with it calls that off.`,
    )
  }
}
