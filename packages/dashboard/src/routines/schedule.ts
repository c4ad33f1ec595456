import { Cron } from 'croner'

/** When a routine runs, as `routine_list` tells it. */
export type Schedule = { readonly cron: string; readonly timezone: string } | { readonly everySeconds: number }

/** When it runs next, in milliseconds since 1970; empty where it never does. */
export type Preview =
  | { readonly kind: 'due'; readonly at: readonly number[] }
  | { readonly kind: 'wrong'; readonly why: string }

/**
 * The first `count` moments after `now` at which a routine would be due that is added then. Patterns are read by the same library and with
 * the same rules as agentd reads them (docs/routines.md), so that what is shown is what comes.
 */
export function preview(schedule: Schedule, now: number, count: number): Preview {
  if ('everySeconds' in schedule) {
    const { everySeconds } = schedule
    return { kind: 'due', at: Array.from({ length: count }, (_, step) => now + (step + 1) * everySeconds * 1000) }
  }
  const { cron, timezone } = schedule
  try {
    const pattern = new Cron(cron, { timezone, mode: '5-part', paused: true, fixedTimeRule: 'no-wildcard' })
    return { kind: 'due', at: pattern.nextRuns(count, new Date(now)).map((moment) => moment.getTime()) }
  } catch (error) {
    // croner ends some of its sentences with a full stop, and others not.
    return { kind: 'wrong', why: (error instanceof Error ? error.message : String(error)).replace(/\.+$/, '') }
  }
}

/** The time zones that this browser knows, the reader's own and UTC first. */
export function timezones(): readonly string[] {
  const own = new Intl.DateTimeFormat().resolvedOptions().timeZone
  return [...new Set([own, 'UTC', ...Intl.supportedValuesOf('timeZone')])]
}
