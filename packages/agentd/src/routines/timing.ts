import { CastellanError } from '@castellan/contracts'
import { Cron } from 'croner'
import { z } from 'zod'

/** An interval shorter than this is a loop, not a routine. */
const SHORTEST_SECONDS = 60
const LONGEST_SECONDS = 31 * 86_400

/** When a routine runs: by a cron pattern in a time zone, or every so many seconds. */
export const Timing = z.union([
  z.strictObject({ cron: z.string().min(1).max(120), timezone: z.string().min(1).max(64) }),
  z.strictObject({ everySeconds: z.int().min(SHORTEST_SECONDS).max(LONGEST_SECONDS) }),
])
export type Timing = z.infer<typeof Timing>

/** Throws `invalid_arguments` where this is no timing, or one that never comes. */
export function checkTiming(timing: Timing, now: number): void {
  if ('everySeconds' in timing) return
  if (!isTimezone(timing.timezone)) {
    throw new CastellanError(
      'invalid_arguments',
      `${JSON.stringify(timing.timezone)} is no time zone. Use a name of the IANA database, such as Europe/Berlin, or UTC.`,
    )
  }
  if (nextRun(timing, now, now) === undefined) {
    throw new CastellanError('invalid_arguments', `The moment ${JSON.stringify(timing.cron)} never comes.`)
  }
}

/**
 * The first moment after `after` at which it is due, in milliseconds since 1970; undefined where there is none. Intervals
 * count from `anchor`. Patterns have the five fields of crontab(5) and its names; a time that daylight saving skips
 * comes right after the gap, one that it repeats comes once.
 */
export function nextRun(timing: Timing, after: number, anchor: number): number | undefined {
  if ('everySeconds' in timing) {
    const step = timing.everySeconds * 1000
    return anchor + (Math.floor(Math.max(0, after - anchor) / step) + 1) * step
  }
  return cronOf(timing).nextRun(new Date(after))?.getTime()
}

/** `at 15 0,7 * * 1-5 (Europe/Berlin)`, `every 5 minutes`: for people. */
export function inWords(timing: Timing): string {
  if ('cron' in timing) return `at ${timing.cron} (${timing.timezone})`
  const { everySeconds } = timing
  for (const [name, length] of [
    ['day', 86_400],
    ['hour', 3600],
    ['minute', 60],
  ] as const) {
    const amount = everySeconds / length
    if (Number.isInteger(amount)) return amount === 1 ? `every ${name}` : `every ${amount} ${name}s`
  }
  return `every ${everySeconds} seconds`
}

function cronOf({ cron, timezone }: { cron: string; timezone: string }): Cron {
  try {
    return new Cron(cron, { timezone, mode: '5-part', paused: true, fixedTimeRule: 'no-wildcard' })
  } catch (error) {
    // croner ends some of its sentences with a full stop, and others not.
    const why = (error instanceof Error ? error.message : String(error)).replace(/\.+$/, '')
    throw new CastellanError(
      'invalid_arguments',
      `${JSON.stringify(cron)} is no cron pattern: ${why}. It has five fields: ` +
        'minute, hour, day of month, month, day of week, e.g. "15 0,7 * * 1-5".',
    )
  }
}

function isTimezone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch {
    return false
  }
}
