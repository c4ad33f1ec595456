const UNITS: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ['year', 365 * 86_400_000],
  ['month', 30 * 86_400_000],
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1000],
]

const TIMESTAMP = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/

/** Whether a string is a time as the tools write it: RFC 3339 in UTC. */
export function isTimestamp(text: string): boolean {
  return TIMESTAMP.test(text) && !Number.isNaN(Date.parse(text))
}

/** `3 minutes ago`, `in 2 hours`, `tomorrow` by the reader's calendar; within five seconds `now`. */
export function relativeTime(at: number, now: number): string {
  const distance = at - now
  const words = new Intl.RelativeTimeFormat('en', { numeric: 'auto' })
  if (Math.abs(distance) < 5000) return words.format(0, 'second')
  const [unit, size] = UNITS.find(([, length]) => Math.abs(distance) >= length) ?? ['second', 1000]
  return words.format(unit === 'day' ? nights(now, at) : Math.trunc(distance / size), unit)
}

/** Midnights from one moment to the other: what is 30 hours away may be the day after tomorrow. */
function nights(from: number, to: number): number {
  return Math.round((new Date(to).setHours(0, 0, 0, 0) - new Date(from).setHours(0, 0, 0, 0)) / 86_400_000)
}

/** The moment in the reader's own time zone, the day left out if it is today: `04:19:11`. */
export function shortTime(at: number, now: number): string {
  const today = new Date(at).toDateString() === new Date(now).toDateString()
  return today ? new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' }).format(at) : exactTime(at)
}

/** The moment in the reader's own time zone: `21 Nov 2026, 04:19:11`. */
export function exactTime(at: number): string {
  return new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium' }).format(at)
}

/** The moment in the reader's own time zone with its day of the week, to the minute: `Sat, 21 Nov 2026, 04:19`. */
export function dayAndTime(at: number): string {
  const style = {
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
  } as const
  return new Intl.DateTimeFormat('en-GB', style).format(at)
}

/** Time left, as clocks show it: `9:41`; `0:00` when there is none. */
export function countdown(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000))
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}
