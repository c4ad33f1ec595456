import { readFile, readlink } from 'node:fs/promises'
import { basename } from 'node:path'

/** /proc/meminfo in bytes by name (proc_meminfo(5)); fields without a unit are counts. */
export function parseMeminfo(text: string): Map<string, number> {
  const fields = new Map<string, number>()
  for (const line of text.split('\n')) {
    const match = /^([^:]+):\s+(\d+)( kB)?$/.exec(line)
    if (match?.[1] !== undefined) fields.set(match[1], Number(match[2]) * (match[3] === undefined ? 1 : 1024))
  }
  return fields
}

/** `btime` of /proc/stat (proc_stat(5)): when the machine booted. */
export async function bootTime(): Promise<Date> {
  const seconds = /^btime (\d+)$/m.exec(await readFile('/proc/stat', 'utf8'))?.[1]
  return new Date(Number(seconds ?? 0) * 1000)
}

/** What /proc/PID/stat says (proc_pid_stat(5)). The name may hold anything, even parentheses. Times in clock ticks. */
export interface PidStat {
  readonly name: string
  readonly state: string
  readonly parentPid: number
  readonly cpuTicks: number
  readonly threads: number
  readonly startTicks: number
  readonly residentPages: number
}

export function parsePidStat(text: string): PidStat | null {
  const open = text.indexOf('(')
  const close = text.lastIndexOf(')')
  if (open < 0 || close < open) return null
  const fields = text.slice(close + 2).split(' ')
  const number = (index: number) => Number(fields[index] ?? 0)
  return {
    name: text.slice(open + 1, close),
    state: fields[0] ?? '?',
    parentPid: number(1),
    cpuTicks: number(11) + number(12),
    threads: number(17),
    startTicks: number(19),
    residentPages: number(21),
  }
}

/** Clock ticks a second in what the kernel tells programs: 100 on every Linux architecture Node runs on (USER_HZ). */
export const TICKS_PER_SECOND = 100

/** Node and Python call their first thread MainThread, which hides what runs: the program's file name tells. */
export async function programName(pid: number, name: string): Promise<string> {
  if (name !== 'MainThread') return name
  const program = await readlink(`/proc/${pid}/exe`).catch(() => name)
  // An update may have replaced the program while it runs.
  return basename(program.replace(/ \(deleted\)$/, ''))
}
