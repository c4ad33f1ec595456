import { appendFile, mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { System } from './system.ts'

/** How the machine was doing at one moment. Percent of all cores, of all memory, of all swap. */
export interface LoadSample {
  readonly at: Date
  /** Since the sample before; null for the first one after a start. */
  readonly cpuPercent: number | null
  readonly load: number
  readonly memoryPercent: number
  readonly swapPercent: number
}

/** agentd takes a sample this often. */
export const SAMPLE_SECONDS = 60

const DAY_MS = 86_400_000
/** Days kept beside today: at most 1440 samples of some 40 bytes each a day. */
const KEEP_DAYS = 14

/**
 * How the machine was doing in the last two weeks, sampled by agentd itself. One file a day in a folder of its own, a line a
 * sample, so that a crash costs at most the line being written and old days go as whole files. Figures only, nothing secret.
 */
export class LoadHistory {
  readonly #folder: string
  readonly #system: System
  #ticks: CpuTicks | null = null

  constructor(folder: string, system: System) {
    this.#folder = folder
    this.#system = system
  }

  /** Takes a sample and keeps it; removes days that are too old. `now` is the sample's time. */
  async sample(now = new Date()): Promise<void> {
    const [load, memory, stat] = await Promise.all([
      this.#system.load(),
      this.#system.memory(),
      readFile('/proc/stat', 'utf8'),
    ])
    const ticks = parseCpuTicks(stat)
    const cpu = this.#ticks === null ? null : busyPercent(this.#ticks, ticks)
    this.#ticks = ticks
    const line = [
      Math.floor(now.getTime() / 1000),
      cpu,
      load.oneMinute,
      percent(memory.usedBytes, memory.totalBytes),
      percent(memory.swapUsedBytes, memory.swapTotalBytes),
    ]
    await mkdir(this.#folder, { recursive: true, mode: 0o700 })
    // A line cut short by a crash must not swallow the next one, so the break comes first.
    await appendFile(join(this.#folder, fileOf(now)), `\n${JSON.stringify(line)}`, { mode: 0o600 })
    await this.#prune(now)
  }

  /** Samples from `since` to `until`, oldest first. */
  async between(since: Date, until: Date, signal: AbortSignal): Promise<readonly LoadSample[]> {
    const samples: LoadSample[] = []
    for (const name of await this.#days()) {
      if (name < fileOf(since) || name > fileOf(until)) continue
      signal.throwIfAborted()
      const text = await readFile(join(this.#folder, name), 'utf8').catch(() => '')
      samples.push(...parseSamples(text).filter(({ at }) => at >= since && at <= until))
    }
    return samples.sort((left, right) => left.at.getTime() - right.at.getTime())
  }

  async #prune(now: Date): Promise<void> {
    const oldest = fileOf(new Date(now.getTime() - KEEP_DAYS * DAY_MS))
    for (const name of await this.#days()) if (name < oldest) await rm(join(this.#folder, name), { force: true })
  }

  async #days(): Promise<string[]> {
    const names = await readdir(this.#folder).catch(() => [])
    return names.filter((name) => /^\d{4}-\d\d-\d\d\.jsonl$/.test(name)).sort()
  }
}

/** A line that makes no sense, such as one cut short, is left out. */
export function parseSamples(text: string): LoadSample[] {
  return text.split('\n').flatMap((line): LoadSample[] => {
    const match = /^\[(\d+),(null|[\d.]+),([\d.]+),([\d.]+),([\d.]+)\]$/.exec(line)
    if (match === null) return []
    const [, seconds, cpu, load, memory, swap] = match
    return [
      {
        at: new Date(Number(seconds) * 1000),
        cpuPercent: cpu === 'null' ? null : Number(cpu),
        load: Number(load),
        memoryPercent: Number(memory),
        swapPercent: Number(swap),
      },
    ]
  })
}

export interface CpuTicks {
  readonly total: number
  readonly idle: number
}

/** The first line of /proc/stat (proc_stat(5)): user, nice, system, idle, iowait, irq, softirq, steal. */
export function parseCpuTicks(stat: string): CpuTicks {
  const ticks = (/^cpu +(.+)$/m.exec(stat)?.[1] ?? '').split(' ').slice(0, 8).map(Number)
  return { total: ticks.reduce((sum, each) => sum + each, 0), idle: (ticks[3] ?? 0) + (ticks[4] ?? 0) }
}

/** Null where the counters went backwards, as after a machine was moved. */
export function busyPercent(before: CpuTicks, after: CpuTicks): number | null {
  const total = after.total - before.total
  const busy = total - (after.idle - before.idle)
  return total <= 0 || busy < 0 ? null : percent(busy, total)
}

/** To a tenth; 0 of nothing. */
export function percent(part: number, whole: number): number {
  return whole <= 0 ? 0 : Math.round(Math.min(1, part / whole) * 1000) / 10
}

/** The day in UTC, so that the clock going back an hour makes no difference. */
function fileOf(at: Date): string {
  return `${at.toISOString().slice(0, 10)}.jsonl`
}
