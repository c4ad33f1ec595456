import { readFile, readlink } from 'node:fs/promises'
import { CastellanError } from '@castellan/contracts'
import { findProgram, runCommand } from './command.ts'
import { parseProperties, showUnits, systemdRuns } from './systemctl.ts'

/** What time this host thinks it is, and who keeps it right. */
export interface ClockFacts {
  readonly now: Date
  /** IANA name, e.g. `Europe/Berlin`. */
  readonly timeZone: string
  /** East of Greenwich. */
  readonly utcOffsetMinutes: number
  /** Whether the kernel's clock is held to a time source; null where nobody tells. */
  readonly synchronized: boolean | null
  /** The service that does so and runs, e.g. `systemd-timesyncd.service`; null where none was found. */
  readonly service: string | null
  /** The battery clock, null where there is none. */
  readonly hardwareClock: Date | null
}

const keepers = [
  'systemd-timesyncd.service',
  'chronyd.service',
  'chrony.service',
  'ntpd.service',
  'ntp.service',
  'ntpsec.service',
  'openntpd.service',
]

export async function readClock(signal: AbortSignal): Promise<ClockFacts> {
  const [timeZone, hardware, kept] = await Promise.all([
    zoneName(),
    readFile('/sys/class/rtc/rtc0/since_epoch', 'utf8').catch(() => null),
    keeping(signal),
  ])
  const now = new Date()
  return {
    now,
    timeZone,
    utcOffsetMinutes: offsetOf(timeZone, now),
    ...kept,
    hardwareClock: hardware === null ? null : new Date(Number(hardware.trim()) * 1000),
  }
}

/** /etc/localtime leads into the zone files (localtime(5)); without it the time is UTC. */
async function zoneName(): Promise<string> {
  const target = await readlink('/etc/localtime').catch(() => '')
  return /zoneinfo\/(?:posix\/|right\/)?(.+)$/.exec(target)?.[1] ?? 'UTC'
}

/** Minutes east of Greenwich in a zone at a time, as the zone's rules have it then. */
export function offsetOf(timeZone: string, at: Date): number {
  try {
    const name = new Intl.DateTimeFormat('en', { timeZone, timeZoneName: 'longOffset' })
      .formatToParts(at)
      .find(({ type }) => type === 'timeZoneName')?.value
    const [, sign, hours, minutes] = /GMT([+-])(\d\d):(\d\d)/.exec(name ?? '') ?? []
    return sign === undefined ? 0 : (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes))
  } catch {
    return 0
  }
}

async function keeping(signal: AbortSignal): Promise<Pick<ClockFacts, 'synchronized' | 'service'>> {
  if (!(await systemdRuns())) return { synchronized: null, service: null }
  const units = await showUnits(keepers, ['Id', 'ActiveState'], signal)
  const service = units.find((unit) => unit.get('ActiveState') === 'active')?.get('Id') ?? null
  try {
    const program = await findProgram('timedatectl')
    const { stdout, exitCode } = await runCommand(program, ['show'], { signal, maxOutputBytes: 64 * 1024 })
    const answer = exitCode === 0 ? parseProperties(stdout).get('NTPSynchronized') : undefined
    return { synchronized: answer === undefined ? null : answer === 'yes', service }
  } catch (error) {
    if (error instanceof CastellanError && error.code === 'unsupported_host') return { synchronized: null, service }
    throw error
  }
}
