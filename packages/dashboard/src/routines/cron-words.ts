import { cronWords as words } from '../strings/cron.ts'
import { type Field, type Pattern, patternOf } from './cron.ts'

/** More moments of a day than this are a list that nobody reads. */
const MOST_TIMES = 6

/** A cron pattern in words: `Monday to Friday at 00:15 and 07:15`. Null for one that words would not make clearer. */
export function cronInWords(cron: string): string | null {
  const pattern = patternOf(cron)
  if (pattern === null) return null
  // Days by steps begin anew with each month, and months with each year: words would hide that.
  if (stepOf(pattern.days) !== null || stepOf(pattern.months) !== null) return null
  const times = timesOf(pattern)
  if (times === null) return null
  const days = daysOf(pattern)
  const often = times.kind === 'often'
  const when = often
    ? [times.text, ...(days === null ? [] : [days])].join(', ')
    : `${days ?? words.everyDay} ${times.text}`
  const months = pattern.months?.list ?? null
  return months === null ? when : `${when}, ${words.inMonths(months.map(words.month))}`
}

type Times = { readonly kind: 'often' | 'at'; readonly text: string } | null

function timesOf(pattern: Pattern): Times {
  const [minutes, hours] = [unlessAll(pattern.minutes), unlessAll(pattern.hours)]
  if (minutes === null) return hours === null ? { kind: 'often', text: words.everyMinute } : null
  if (minutes.step !== null) {
    // A step that does not divide the hour begins anew with each: words would hide that.
    if (60 % minutes.step !== 0) return null
    const often = words.everyMinutes(minutes.step)
    if (hours === null) return { kind: 'often', text: often }
    const span = hours.step === null ? spanOf(hours.list) : null
    return span === null ? null : { kind: 'often', text: words.during(often, clock(span[0], 0), clock(span[1], 59)) }
  }
  const [only] = minutes.list
  if (only === undefined) return null
  if (hours === null) {
    return minutes.list.length > MOST_TIMES ? null : { kind: 'often', text: words.pastEveryHour(minutes.list) }
  }
  if (hours.step !== null) {
    if (24 % hours.step !== 0 || minutes.list.length !== 1) return null
    return { kind: 'often', text: words.everyHours(hours.step, only) }
  }
  const times = hours.list.flatMap((hour) => minutes.list.map((minute) => clock(hour, minute)))
  return times.length > MOST_TIMES ? null : { kind: 'at', text: words.at(times) }
}

/** By ones is all of them. */
function unlessAll(field: Field): Field {
  return field?.step === 1 ? null : field
}

function stepOf(field: Field): number | null {
  return field?.step ?? null
}

/** Null where every day counts. With days of the month and of the week, either is enough (crontab(5)). */
function daysOf({ days, weekdays }: Pattern): string | null {
  // All seven are every day, whatever the days of the month are.
  if (weekdays?.list.length === 7) return null
  const ofMonth = days === null ? null : words.daysOfMonth(days.list)
  const ofWeek = weekdays === null ? null : weekdayWords(weekdays.list)
  if (ofMonth === null) return ofWeek
  return ofWeek === null ? ofMonth : words.either(ofMonth, ofWeek)
}

function weekdayWords(list: readonly number[]): string {
  // The week begins on Monday, so that a weekend is not torn apart.
  const days = list.map((day) => (day === 0 ? 7 : day)).sort((a, b) => a - b)
  const span = spanOf(days)
  const [first, last] = span ?? [0, 0]
  return span !== null && days.length > 2
    ? words.fromTo(words.weekday(first), words.weekday(last))
    : words.weekdays(days.map(words.weekday))
}

/** First and last of numbers without a hole. */
function spanOf(list: readonly number[]): readonly [number, number] | null {
  const [first, last] = [list[0], list.at(-1)]
  return first === undefined || last === undefined || last - first !== list.length - 1 ? null : [first, last]
}

function clock(hour: number, minute: number): string {
  return `${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`
}
