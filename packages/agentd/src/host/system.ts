import { readFile } from 'node:fs/promises'
import { arch, availableParallelism, cpus, hostname, release } from 'node:os'
import { type ClockFacts, readClock } from './clock.ts'
import { type Hardware, readHardware } from './hardware.ts'
import { type Logins, readLogins } from './logins.ts'
import { bootTime, parseMeminfo } from './proc.ts'
import { systemdRuns } from './systemctl.ts'
import { readUsers, type User } from './users.ts'

/** What a machine is. Sizes in bytes. */
export interface SystemFacts {
  readonly hostname: string
  /** Pretty name from os-release(5), e.g. `NixOS 25.11 (Xantusia)`. */
  readonly osName: string
  /** `ID` from os-release(5), e.g. `nixos`. */
  readonly osId: string
  readonly kernelRelease: string
  readonly architecture: string
  readonly cpuModel: string
  readonly cpuCount: number
  readonly memoryTotalBytes: number
  readonly bootedAt: Date
  readonly uptimeSeconds: number
  /** Whether systemd runs this host (sd_booted(3)). */
  readonly systemd: boolean
}

/** Load averages as the kernel computes them: tasks running or waiting for a disk. */
export interface Load {
  readonly oneMinute: number
  readonly fiveMinutes: number
  readonly fifteenMinutes: number
}

/** Memory from /proc/meminfo, in bytes. `used` is total less available: what programs cannot give back. */
export interface Memory {
  readonly totalBytes: number
  readonly usedBytes: number
  readonly availableBytes: number
  readonly freeBytes: number
  /** Page cache and reclaimable kernel memory. */
  readonly cacheBytes: number
  readonly swapTotalBytes: number
  readonly swapUsedBytes: number
}

/** The machine as a whole, from /proc, /sys and /etc. */
export class System {
  hardware(): Promise<Hardware> {
    return readHardware()
  }

  clock(signal: AbortSignal): Promise<ClockFacts> {
    return readClock(signal)
  }

  users(): Promise<readonly User[]> {
    return readUsers()
  }

  /** Throws `unsupported_host` where no record of logins is kept. */
  logins(): Promise<Logins> {
    return readLogins()
  }

  async facts(): Promise<SystemFacts> {
    const [os, bootedAt, uptime, memory, systemd] = await Promise.all([
      osRelease(),
      bootTime(),
      readFile('/proc/uptime', 'utf8'),
      this.memory(),
      systemdRuns(),
    ])
    return {
      hostname: hostname(),
      osName: os.get('PRETTY_NAME') ?? 'Linux',
      osId: os.get('ID') ?? 'linux',
      kernelRelease: release(),
      architecture: arch() === 'x64' ? 'x86_64' : arch() === 'arm64' ? 'aarch64' : arch(),
      cpuModel: cpus()[0]?.model.trim() ?? 'unknown',
      cpuCount: availableParallelism(),
      memoryTotalBytes: memory.totalBytes,
      bootedAt,
      uptimeSeconds: Math.floor(Number(uptime.split(' ')[0])),
      systemd,
    }
  }

  async load(): Promise<Load> {
    const [one, five, fifteen] = (await readFile('/proc/loadavg', 'utf8')).split(' ')
    return { oneMinute: Number(one), fiveMinutes: Number(five), fifteenMinutes: Number(fifteen) }
  }

  async memory(): Promise<Memory> {
    return memoryFrom(parseMeminfo(await readFile('/proc/meminfo', 'utf8')))
  }
}

export function memoryFrom(fields: ReadonlyMap<string, number>): Memory {
  const field = (name: string) => fields.get(name) ?? 0
  const [totalBytes, availableBytes] = [field('MemTotal'), field('MemAvailable')]
  return {
    totalBytes,
    usedBytes: totalBytes - availableBytes,
    availableBytes,
    freeBytes: field('MemFree'),
    cacheBytes: field('Cached') + field('Buffers') + field('SReclaimable'),
    swapTotalBytes: field('SwapTotal'),
    swapUsedBytes: field('SwapTotal') - field('SwapFree'),
  }
}

async function osRelease(): Promise<Map<string, string>> {
  const text = await readFile('/etc/os-release', 'utf8').catch(() =>
    readFile('/usr/lib/os-release', 'utf8').catch(() => ''),
  )
  return parseOsRelease(text)
}

/** os-release(5): shell-like assignments, values perhaps quoted. */
export function parseOsRelease(text: string): Map<string, string> {
  const fields = new Map<string, string>()
  for (const line of text.split('\n')) {
    const match = /^([A-Z][A-Z0-9_]*)=(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|(.*))$/.exec(line)
    if (match?.[1] !== undefined) fields.set(match[1], match[2]?.replace(/\\(.)/g, '$1') ?? match[3] ?? match[4] ?? '')
  }
  return fields
}
