import { cronWords as words } from '../strings/cron.ts'

/** The five fields, each as the numbers it names; null for `*`. */
interface Pattern {
  readonly minutes: Field
  readonly hours: Field
  readonly days: Field
  readonly months: Field
  readonly weekdays: Field
}

/** `step`: all of them, so many apart. */
type Field = null | { readonly step: number } | { readonly list: readonly number[] }

const MACROS: ReadonlyMap<string, string> = new Map([
  ['@yearly', '0 0 1 1 *'],
  ['@annually', '0 0 1 1 *'],
  ['@monthly', '0 0 1 * *'],
  ['@weekly', '0 0 * * 0'],
  ['@daily', '0 0 * * *'],
  ['@midnight', '0 0 * * *'],
  ['@hourly', '0 * * * *'],
])
const MONTHS = 'jan feb mar apr may jun jul aug sep oct nov dec'.split(' ')
const WEEKDAYS = 'sun mon tue wed thu fri sat'.split(' ')
/** More moments of a day than this are a list that nobody reads. */
const MOST_TIMES = 6

/** A cron pattern in words: `Monday to Friday at 00:15 and 07:15`. Null for one that words would not make clearer. */
export function cronInWords(cron: string): string | null {
  const pattern = patternOf(cron)
  if (pattern === null) return null
  const times = timesOf(pattern)
  if (times === null) return null
  const days = daysOf(pattern)
  const often = times.kind === 'often'
  const when = often
    ? [times.text, ...(days === null ? [] : [days])].join(', ')
    : `${days ?? words.everyDay} ${times.text}`
  const months = listed(pattern.months)
  return months === null ? when : `${when}, ${words.inMonths(months.map(words.month))}`
}

function patternOf(cron: string): Pattern | null {
  const written = cron.trim().toLowerCase()
  const fields = (MACROS.get(written) ?? written).split(/\s+/)
  if (fields.length !== 5) return null
  const [minutes, hours, days, months, weekdays] = [
    fieldOf(fields[0], 0, 59),
    fieldOf(fields[1], 0, 23),
    fieldOf(fields[2], 1, 31),
    fieldOf(fields[3], 1, 12, MONTHS, 1),
    fieldOf(fields[4], 0, 7, WEEKDAYS),
  ]
  if (minutes === undefined || hours === undefined || days === undefined) return null
  if (months === undefined || weekdays === undefined) return null
  // Days by steps begin anew with each month, and months with each year: words would hide that.
  if ((days !== null && 'step' in days) || (months !== null && 'step' in months)) return null
  return { minutes, hours, days, months, weekdays: weekdaysOf(weekdays) }
}

/** Undefined for what only cron itself reads (`L`, `W`, `#`, `?`). */
function fieldOf(
  text: string | undefined,
  least: number,
  most: number,
  names: readonly string[] = [],
  first = 0,
): Field | undefined {
  if (text === undefined) return undefined
  if (text === '*') return null
  const step = /^\*\/(\d{1,2})$/.exec(text)?.[1]
  if (step !== undefined) return Number(step) > 1 ? { step: Number(step) } : null
  const named = names.reduce((rest, name, place) => rest.replaceAll(name, String(place + first)), text)
  const list: number[] = []
  for (const part of named.split(',')) {
    const [, from, to, by] = /^(\d{1,2})(?:-(\d{1,2}))?(?:\/(\d{1,2}))?$/.exec(part) ?? []
    if (from === undefined || (to === undefined && by !== undefined)) return undefined
    const [start, end, apart] = [Number(from), Number(to ?? from), Number(by ?? 1)]
    if (start < least || end > most || start > end || apart === 0) return undefined
    for (let each = start; each <= end; each += apart) list.push(each)
  }
  return { list: [...new Set(list)].sort((a, b) => a - b) }
}

/** Sunday is 0 and 7; all seven are none in particular. Weekdays by steps are written out. */
function weekdaysOf(field: Field): Field {
  if (field === null) return null
  const every = 'step' in field ? [...WEEKDAYS.keys()].filter((day) => day % field.step === 0) : field.list
  const list = [...new Set([...every].map((day) => day % 7))].sort((a, b) => a - b)
  return list.length === 7 ? null : { list }
}

type Times = { readonly kind: 'often' | 'at'; readonly text: string } | null

function timesOf({ minutes, hours }: Pattern): Times {
  if (minutes === null) return hours === null ? { kind: 'often', text: words.everyMinute } : null
  if ('step' in minutes) {
    // A step that does not divide the hour begins anew with each: words would hide that.
    if (60 % minutes.step !== 0) return null
    const often = words.everyMinutes(minutes.step)
    if (hours === null) return { kind: 'often', text: often }
    const span = spanOf(listed(hours) ?? [])
    return span === null ? null : { kind: 'often', text: words.during(often, clock(span[0], 0), clock(span[1], 59)) }
  }
  const [only] = minutes.list
  if (only === undefined) return null
  if (hours === null) {
    return minutes.list.length > MOST_TIMES ? null : { kind: 'often', text: words.pastEveryHour(minutes.list) }
  }
  if ('step' in hours) {
    if (24 % hours.step !== 0 || minutes.list.length !== 1) return null
    return { kind: 'often', text: words.everyHours(hours.step, only) }
  }
  const times = hours.list.flatMap((hour) => minutes.list.map((minute) => clock(hour, minute)))
  return times.length > MOST_TIMES ? null : { kind: 'at', text: words.at(times) }
}

/** Null where every day counts. With days of the month and of the week, either is enough (crontab(5)). */
function daysOf({ days, weekdays }: Pattern): string | null {
  const [dates, names] = [listed(days), listed(weekdays)]
  const ofMonth = dates === null ? null : words.daysOfMonth(dates)
  const ofWeek = names === null ? null : weekdayWords(names)
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

function listed(field: Field): readonly number[] | null {
  return field !== null && 'list' in field ? field.list : null
}

/** First and last of numbers without a hole. */
function spanOf(list: readonly number[]): readonly [number, number] | null {
  const [first, last] = [list[0], list.at(-1)]
  return first === undefined || last === undefined || last - first !== list.length - 1 ? null : [first, last]
}

function clock(hour: number, minute: number): string {
  return `${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`
}
