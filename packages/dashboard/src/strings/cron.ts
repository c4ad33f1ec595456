const list = (items: readonly string[]) => new Intl.ListFormat('en').format(items)
/** A Monday, in UTC: what days and months are called does not depend on where the reader is. */
const MONDAY = Date.UTC(2024, 0, 1)
const named = (style: Intl.DateTimeFormatOptions, at: number) =>
  new Intl.DateTimeFormat('en-GB', { ...style, timeZone: 'UTC' }).format(at)

/** The words that cron patterns are told with. */
export const cronWords = {
  everyMinute: 'every minute',
  everyMinutes: (minutes: number) => `every ${minutes} minutes`,
  everyHours: (hours: number, minute: number) =>
    minute === 0 ? `every ${hours} hours` : `every ${hours} hours, ${minute} minutes past`,
  pastEveryHour: (minutes: readonly number[]) =>
    minutes.length === 1 && minutes[0] === 0
      ? 'every hour'
      : `every hour at ${list(minutes.map((minute) => `:${String(minute).padStart(2, '0')}`))}`,
  during: (often: string, from: string, to: string) => `${often} from ${from} to ${to}`,
  at: (times: readonly string[]) => `at ${list(times)}`,
  everyDay: 'every day',
  daysOfMonth: (days: readonly number[]) => `on day ${list(days.map(String))} of the month`,
  weekdays: (days: readonly string[]) => `every ${list(days)}`,
  fromTo: (first: string, last: string) => `${first} to ${last}`,
  either: (ofMonth: string, ofWeek: string) => `${ofMonth} and also ${ofWeek}`,
  inMonths: (months: readonly string[]) => `in ${list(months)}`,
  /** 1 is Monday. */
  weekday: (day: number) => named({ weekday: 'long' }, MONDAY + (day - 1) * 86_400_000),
  month: (month: number) => named({ month: 'long' }, Date.UTC(2024, month - 1, 1)),
} as const
