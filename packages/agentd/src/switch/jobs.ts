import { setTimeout as sleep } from 'node:timers/promises'
import { CastellanError } from '@castellan/contracts'
import { commandFailed, findProgram, runCommand } from '../host/command.ts'
import type { Journal } from './journal.ts'
import type { SwitchId } from './record.ts'

/** How often a mark is looked for, and how often systemd is asked, in milliseconds. */
const LOOK_MS = 20
const ASK_MS = 500

export type JobName = 'activate' | 'commit' | 'stage' | 'roll-back'

/** How a job ended: with an exit code, or killed by its time limit or somebody else. */
export type JobEnd = { readonly exitCode: number; readonly who: string } | 'killed'

/**
 * Programs that must end what they began, whatever becomes of agentd: each is a transient unit (systemd-run(1)) and leaves
 * marks of its start and its end. Running a job that ran already answers how it ended.
 */
export class Jobs {
  readonly #journal: Journal

  constructor(journal: Journal) {
    this.#journal = journal
  }

  /** Starts the job unless it was started before, and waits for its end; `seconds` is its time limit. */
  async run(id: SwitchId, name: JobName, script: string, seconds: number, signal: AbortSignal): Promise<JobEnd> {
    const unit = `castellan-${name}-${id}.service`
    if (!(await this.#wasStarted(id, name)) && !(await isRunning(unit, signal))) {
      await systemdRun(
        [
          `--unit=${unit}`,
          '--service-type=exec',
          `--description=SafeSwitch ${id}: ${name}`,
          `--property=RuntimeMaxSec=${seconds}`,
          '--property=TimeoutStopSec=2',
          '/bin/sh',
          script,
          ...(name === 'roll-back' ? ['agentd'] : []),
        ],
        signal,
      )
    }
    for (let asked = Date.now(); ; await sleep(LOOK_MS, undefined, { signal })) {
      const end = await this.end(id, name)
      if (end !== undefined) return end
      if (Date.now() - asked < ASK_MS) continue
      asked = Date.now()
      if (!(await isRunning(unit, signal))) return (await this.end(id, name)) ?? 'killed'
    }
  }

  /** How it ended; undefined while it has not. */
  async end(id: SwitchId, name: JobName): Promise<JobEnd | undefined> {
    const text = await this.#journal.mark(id, `${name}-exit`)
    if (text === undefined) return undefined
    const [code, who] = text.trim().split(' ')
    return { exitCode: Number(code), who: who ?? 'agentd' }
  }

  /** So that it can run again. */
  async forget(id: SwitchId, name: JobName): Promise<void> {
    await this.#journal.removeMark(id, `${name}-exit`)
    await this.#journal.removeMark(id, `${name}-started`)
  }

  /** The last words of a job, from the journal; empty where there is none. */
  async words(id: SwitchId, name: JobName): Promise<string> {
    const signal = AbortSignal.timeout(3000)
    const args = [
      '--unit',
      `castellan-${name}-${id}.service`,
      '--lines=5',
      '--output=cat',
      '--quiet',
      '--no-pager',
      '_UID=0',
    ]
    const result = await runCommand(await findProgram('journalctl'), args, { signal, maxOutputBytes: 64 * 1024 }).catch(
      () => undefined,
    )
    return (result?.stdout ?? '').trim().split('\n').slice(-3).join(' ').slice(0, 400)
  }

  async #wasStarted(id: SwitchId, name: JobName): Promise<boolean> {
    return (await this.#journal.mark(id, `${name}-started`)) !== undefined
  }
}

/** Throws `command_failed` where systemd does not take it. */
export async function systemdRun(args: readonly string[], signal: AbortSignal): Promise<void> {
  const program = await findProgram('systemd-run')
  const result = await runCommand(program, ['--quiet', '--collect', ...args], { signal, maxOutputBytes: 64 * 1024 })
  if (result.exitCode !== 0) throw commandFailed('systemd-run', result)
}

async function isRunning(unit: string, signal: AbortSignal): Promise<boolean> {
  const args = ['show', '--property=ActiveState', '--value', '--', unit]
  const result = await runCommand(await findProgram('systemctl'), args, { signal, maxOutputBytes: 64 * 1024 })
  if (result.exitCode !== 0) throw new CastellanError('command_failed', `systemctl does not answer about ${unit}.`)
  return !['inactive', 'failed'].includes(result.stdout.trim())
}
