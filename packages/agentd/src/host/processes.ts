import { readdir, readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Accounts } from './accounts.ts'
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
