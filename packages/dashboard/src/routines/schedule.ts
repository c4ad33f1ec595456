import { nextRuns, patternOf } from './cron.ts'

/** When a routine runs, as `routine_list` tells it. */
export type Schedule = { readonly cron: string; readonly timezone: string } | { readonly everySeconds: number }

/** When it runs next, in milliseconds since 1970; none where it never does. `unread`: only agentd can tell. */
export type Preview =
  | { readonly kind: 'due'; readonly at: readonly number[] }
  | { readonly kind: 'wrong' }
  | { readonly kind: 'unread' }

/** What agentd reads beyond crontab(5): last days, nearest workdays, the second Friday. */
const AGENTD_ONLY = /^\S+(?:\s+\S+){4}$/

/** The first `count` moments after `now` at which a routine would be due that is added then. */
export function preview(schedule: Schedule, now: number, count: number): Preview {
  if ('everySeconds' in schedule) {
    const { everySeconds } = schedule
    return { kind: 'due', at: Array.from({ length: count }, (_, step) => now + (step + 1) * everySeconds * 1000) }
  }
  const cron = schedule.cron.trim()
  const pattern = patternOf(cron)
  if (pattern !== null) return { kind: 'due', at: nextRuns(pattern, schedule.timezone, now, count) }
  return { kind: AGENTD_ONLY.test(cron) && /[lw#?]/i.test(cron.replaceAll(/jul|wed/gi, '')) ? 'unread' : 'wrong' }
}

/** The time zones that this browser knows, the reader's own and UTC first. */
export function timezones(): readonly string[] {
  const own = new Intl.DateTimeFormat().resolvedOptions().timeZone
  return [...new Set([own, 'UTC', ...Intl.supportedValuesOf('timeZone')])]
}
