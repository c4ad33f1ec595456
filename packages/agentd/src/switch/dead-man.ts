import { findProgram, runCommand } from '../host/command.ts'
import { systemdRun } from './jobs.ts'
import type { SwitchId } from './record.ts'

/**
 * The dead man's switch: a transient timer of systemd's own that runs the way back unless it is disarmed in time. It needs neither agentd,
 * evaluation nor network, and a switch in between leaves it alone, because its units are in /run and not in /etc.
 */
export class DeadMan {
  /** Goes off `seconds` from now; arming again starts the time anew. Throws `command_failed`. */
  async arm(id: SwitchId, script: string, seconds: number, signal: AbortSignal): Promise<void> {
    await this.disarm(id, signal)
    await systemdRun(
      [
        `--unit=castellan-dead-man-${id}`,
        `--description=SafeSwitch ${id}: dead man's switch`,
        `--on-active=${seconds}s`,
        '--timer-property=AccuracySec=100ms',
        '/bin/sh',
        script,
        'dead-man',
      ],
      signal,
    )
  }

  /** Only the timer: a way back that is under way is not stopped. */
  async disarm(id: SwitchId, signal: AbortSignal): Promise<void> {
    const args = ['stop', '--', `castellan-dead-man-${id}.timer`]
    await runCommand(await findProgram('systemctl'), args, { signal, maxOutputBytes: 64 * 1024 })
  }
}
