import { readdir, readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { CastellanError } from '@castellan/contracts'
import type { Accounts } from './accounts.ts'
import { servicesOf } from './cgroup.ts'
import { isErrno } from './files/errors.ts'
import { bootTime, type PidStat, parsePidStat, programName, TICKS_PER_SECOND } from './proc.ts'
import { blankSecrets } from './secrets.ts'

const SAMPLE_MS = 250

/** One process. `cpuPercent` is of one core, over a sample taken now; several busy threads exceed 100. */
export interface Process {
  readonly pid: number
  readonly parentPid: number
  readonly name: string
  /** The command line, values that look like secrets blanked; empty for kernel threads. At most 500 characters. */
  readonly command: string
  readonly user: string
  /** One letter as in proc_pid_stat(5): R running, S sleeping, D waiting for a disk, T stopped, Z zombie, I idle. */
  readonly state: string
  readonly cpuPercent: number
  /** Resident memory. */
  readonly memoryBytes: number
  readonly threads: number
  readonly startedAt: Date
}

/** Signals that end a process or have it do something it offers; the rest are the kernel's business. */
export const signals = ['TERM', 'KILL', 'INT', 'HUP', 'QUIT', 'USR1', 'USR2', 'STOP', 'CONT'] as const
export type SignalName = (typeof signals)[number]

/** A process as it was looked at: the number alone may be another's by now. */
export interface KnownProcess extends Pick<Process, 'pid' | 'parentPid' | 'name' | 'command' | 'user'> {
  readonly startTicks: number
  readonly kernelThread: boolean
  /** The services it runs in, outermost first. */
  readonly services: readonly string[]
}

/** `kthreadd`, the parent of every kernel thread. */
const KTHREADD = 2

/** The machine's processes, from /proc. */
export class Processes {
  readonly #accounts: Accounts

  constructor(accounts: Accounts) {
    this.#accounts = accounts
  }

  /** Every process; takes a quarter of a second, because CPU use is measured between two readings. */
  async list(signal: AbortSignal): Promise<readonly Process[]> {
    const startedMs = performance.now()
    const before = await this.#stats()
    await sleep(SAMPLE_MS, undefined, { signal })
    const after = await this.#stats()
    const sampleSeconds = (performance.now() - startedMs) / 1000
    const bootedAt = await bootTime()
    const processes: Process[] = []
    for (const [pid, stat] of after) {
      signal.throwIfAborted()
      const earlier = before.get(pid)
      const ticks = earlier?.startTicks === stat.startTicks ? stat.cpuTicks - earlier.cpuTicks : stat.cpuTicks
      const process = await this.#describe(pid, stat, ticks / TICKS_PER_SECOND / sampleSeconds, bootedAt)
      if (process !== null) processes.push(process)
    }
    return processes
  }

  /** One process. Throws `not_found`. */
  async get(pid: number): Promise<KnownProcess> {
    const stat = parsePidStat(await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ''))
    const described = stat === null ? null : await this.#describe(pid, stat, 0, new Date(0))
    // /proc answers to the number of a thread as well, and a signal to it goes to its process.
    if (stat === null || described === null || stat.state === 'Z' || !(await isProcess(pid))) {
      throw new CastellanError('not_found', `No process ${pid} is running. process_list shows those that are.`)
    }
    const { parentPid, name, command, user } = described
    const kernelThread = pid === KTHREADD || parentPid === KTHREADD
    const services = await servicesOf(pid)
    return { pid, parentPid, name, command, user, startTicks: stat.startTicks, kernelThread, services }
  }

  /** agentd itself, what started it, and what that started beside it: none of them may be signalled by a tool. */
  async ownFamily(pid: number): Promise<boolean> {
    const parentOf = async (child: number) =>
      parsePidStat(await readFile(`/proc/${child}/stat`, 'utf8').catch(() => ''))?.parentPid ?? 0
    for (let each = process.pid; each > 1; each = await parentOf(each)) if (each === pid) return true
    // Started by process 1 every service of the host is a sibling.
    return process.ppid > 1 && (await parentOf(pid)) === process.ppid
  }

  /**
   * Sends a signal to the very process that was looked at. Throws `not_found` where it ended meanwhile and `permission_denied`.
   * Between the last look and the signal are a few microseconds, in which the number cannot come round again.
   */
  async signal(known: KnownProcess, name: SignalName): Promise<void> {
    const now = await this.get(known.pid)
    if (now.startTicks !== known.startTicks) {
      throw new CastellanError('not_found', `Process ${known.pid} ended meanwhile; the number is another's now.`)
    }
    try {
      process.kill(known.pid, `SIG${name}`)
    } catch (error) {
      if (isErrno(error, 'EPERM')) {
        throw new CastellanError(
          'permission_denied',
          `Process ${known.pid} belongs to ${known.user}, and this agentd is not root.`,
        )
      }
      throw new CastellanError('not_found', `Process ${known.pid} ended meanwhile.`)
    }
  }

  /** Whether it is gone within `ms`. One that ended and only waits for its parent to notice is gone. */
  async gone({ pid, startTicks }: KnownProcess, ms: number, signal: AbortSignal): Promise<boolean> {
    for (const deadline = performance.now() + ms; ; await sleep(20, undefined, { signal })) {
      const stat = parsePidStat(await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ''))
      if (stat === null || stat.state === 'Z' || stat.startTicks !== startTicks) return true
      if (performance.now() > deadline) return false
    }
  }

  async #stats(): Promise<Map<number, PidStat>> {
    const stats = new Map<number, PidStat>()
    for (const name of await readdir('/proc')) {
      if (!/^\d+$/.test(name)) continue
      const stat = parsePidStat(await readFile(`/proc/${name}/stat`, 'utf8').catch(() => ''))
      if (stat !== null) stats.set(Number(name), stat)
    }
    return stats
  }

  /** Null where the process ended meanwhile. */
  async #describe(pid: number, stat: PidStat, cpuShare: number, bootedAt: Date): Promise<Process | null> {
    try {
      const status = await readFile(`/proc/${pid}/status`, 'utf8')
      const command = await readFile(`/proc/${pid}/cmdline`, 'utf8')
      const resident = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]
      return {
        pid,
        parentPid: stat.parentPid,
        name: await programName(pid, stat.name),
        command: blankSecrets(command.split('\0').filter((part) => part !== '')).slice(0, 500),
        user: await this.#accounts.user(Number(/^Uid:\s+(\d+)/m.exec(status)?.[1] ?? 0)),
        state: stat.state,
        cpuPercent: Math.round(cpuShare * 1000) / 10,
        memoryBytes: Number(resident ?? 0) * 1024,
        threads: stat.threads,
        startedAt: new Date(bootedAt.getTime() + (stat.startTicks / TICKS_PER_SECOND) * 1000),
      }
    } catch {
      return null
    }
  }
}

async function isProcess(pid: number): Promise<boolean> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
  return /^Tgid:\s+(\d+)$/m.exec(status)?.[1] === String(pid)
}
