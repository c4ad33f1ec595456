import { CastellanError } from '@castellan/contracts'

/** What a phrase is measured against. Times of day and days are the machine's own time zone's, as people there mean them. */
export interface Clock {
  readonly now: Date
  readonly bootedAt: Date
}

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

const units: readonly (readonly [RegExp, number])[] = [
  [/^(s|secs?|seconds?)$/, 1000],
  [/^(m|mins?|minutes?)$/, MINUTE],
  [/^(h|hrs?|hours?)$/, HOUR],
  [/^(d|days?)$/, DAY],
  [/^(w|wks?|weeks?)$/, 7 * DAY],
  [/^(months?)$/, 30 * DAY],
  [/^(y|yrs?|years?)$/, 365 * DAY],
]

const numberWords = 'zero one two three four five six seven eight nine ten eleven twelve'.split(' ')
const otherNumbers: Readonly<Record<string, number>> = {
  a: 1,
  an: 1,
  half: 0.5,
  couple: 2,
  few: 3,
  fifteen: 15,
  twenty: 20,
  thirty: 30,
}

const weekdays = 'sunday monday tuesday wednesday thursday friday saturday'.split(' ')

/** The hour at which people take a part of the day to begin. */
const partsOfDay: Readonly<Record<string, number>> = {
  midnight: 0,
  morning: 6,
  noon: 12,
  midday: 12,
  afternoon: 12,
  evening: 18,
  night: 20,
}

/**
 * The moment that a person or a model means: RFC 3339 (`2026-11-21T09:00:00Z`), a date, a span back from now (`2 hours`,
 * `15m`, `1h30m`, `half an hour`, `a week ago`), a day (`today`, `yesterday`, `monday`), a time of it (`9am`, `14:30`,
 * `this morning`, `last night`, `yesterday at 5pm`) or `boot`. What has not come yet today is yesterday's.
 * Throws `invalid_arguments`, naming what is understood.
 */
export function parseMoment(text: string, clock: Clock): Date {
  const phrase = simplify(text)
  const moment =
    parseTimestamp(text.trim()) ??
    parseFixed(phrase, clock) ??
    parseSpan(phrase, clock.now) ??
    parseDayAndTime(phrase, clock.now)
  if (moment !== null) return moment
  throw new CastellanError(
    'invalid_arguments',
    `${JSON.stringify(text.slice(0, 80))} is not a time that is understood here. Write a span like "2 hours" or "15m", a moment like ` +
      '"yesterday", "this morning", "9am", "monday" or "boot", or a time like "2026-11-21T09:00:00Z".',
  )
}

/** Lower case, single spaces, without the small words around a time. */
function simplify(text: string): string {
  return text
    .toLowerCase()
    .replace(/[,!?"']+|\.(?!\d)/g, ' ')
    .replace(/\s+/g, ' ')
    .trim()
    .replace(/^(since|from|after|in|within|over|during|for|until|till|before)\s+/, '')
    .replace(/^the\s+/, '')
    .replace(/\s+(ago|back)$/, '')
    .trim()
}

function parseTimestamp(text: string): Date | null {
  if (!/^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?( ?(Z|[+-]\d\d:?\d\d))?)?$/i.test(text)) return null
  // A bare date is a day of this machine: without a time, Date would take it for UTC.
  const date = new Date(text.length === 10 ? `${text}T00:00` : text.replace(' ', 'T').replace(' ', ''))
  return Number.isNaN(date.getTime()) ? null : date
}

function parseFixed(phrase: string, { now, bootedAt }: Clock): Date | null {
  if (/^(last |this |latest )?(boot|reboot|restart|startup|start-up|boot-up|bootup)$/.test(phrase)) return bootedAt
  if (phrase === 'now') return now
  if (phrase === 'this week') return startOfDay(now, -((now.getDay() + 6) % 7))
  if (phrase === 'this month') return new Date(now.getFullYear(), now.getMonth(), 1)
  if (phrase === 'this year') return new Date(now.getFullYear(), 0, 1)
  return null
}

/** `2 hours`, `90s`, `1h30m`, `half an hour`: numbers and units in turn, nothing else. */
function parseSpan(phrase: string, now: Date): Date | null {
  const words = phrase
    .replace(/^(last|past|previous)\s+/, '')
    .replace(/(\d)([a-z])/g, '$1 $2')
    .replace(/([a-z])(\d)/g, '$1 $2')
    .split(' ')
    .filter((word) => word !== 'and' && word !== 'of' && word !== 'the')
  let spanMs = 0
  let count: number | null = null
  let seen = false
  for (const word of words) {
    const unit = units.find(([pattern]) => pattern.test(word))?.[1]
    const number = parseNumber(word)
    if (unit !== undefined) {
      // "the last hour" needs no number; "2 hours minutes" is not a span.
      if (count === null && seen) return null
      spanMs += (count ?? 1) * unit
      count = null
      seen = true
    } else if (number !== null) {
      // "half an hour", "a couple of hours": the more telling number counts.
      count = count === null || count === 1 ? number : count
    } else return null
  }
  if (!seen || count !== null || spanMs > 100 * 365 * DAY) return null
  return new Date(now.getTime() - spanMs)
}

function parseNumber(word: string): number | null {
  if (/^\d{1,9}(\.\d{1,3})?$/.test(word)) return Number(word)
  const index = numberWords.indexOf(word)
  return index >= 0 ? index : (otherNumbers[word] ?? null)
}

/** A day, a time of day, or a day and then a time of it. */
function parseDayAndTime(phrase: string, now: Date): Date | null {
  const words = phrase
    .split(' ')
    .filter((word) => word !== 'at' && word !== 'on' && word !== 'around' && word !== 'about')
  const day = parseDay(words, now)
  const rest = words.slice(day?.words ?? 0).join(' ')
  const minutes = rest === '' ? 0 : parseTimeOfDay(rest, phrase)
  if (minutes === null || (day === null && rest === '')) return null
  const start = startOfDay(now, day?.offset ?? 0)
  const moment = atMinutes(start, minutes)
  if (moment <= now) return moment
  // Still to come: of a day that was named, its beginning is the best answer; without one it was yesterday.
  return day === null ? atMinutes(startOfDay(now, -1), minutes) : start <= now ? start : null
}

/** How many words name the day, and how many days it is from today. */
function parseDay(words: readonly string[], now: Date): { words: number; offset: number } | null {
  const [first = '', second = ''] = words
  if (words.slice(0, 3).join(' ') === 'day before yesterday') return { words: 3, offset: -2 }
  if (first === 'today') return { words: 1, offset: 0 }
  if (first === 'yesterday') return { words: 1, offset: -1 }
  if (first === 'overnight') return { words: 0, offset: -1 }
  if (first === 'tonight') return { words: 0, offset: 0 }
  if (first === 'this' && second in partsOfDay) return { words: 1, offset: 0 }
  if (first === 'last' && (second === 'night' || second === 'evening')) return { words: 1, offset: -1 }
  const prefix = first === 'last' || first === 'this' ? 1 : 0
  const weekday = weekdayNumber(words[prefix] ?? '')
  // On a Monday, "monday" is last week's: today would have been called today.
  return weekday === null ? null : { words: prefix + 1, offset: -((now.getDay() - weekday + 6) % 7) - 1 }
}

function weekdayNumber(word: string): number | null {
  const index = weekdays.findIndex((day) => word === day || (word.length >= 3 && day.startsWith(word)))
  return index < 0 ? null : index
}

/** Minutes after midnight. A bare hour counts only where "at" was said before it. */
function parseTimeOfDay(text: string, phrase: string): number | null {
  if (text === 'tonight' || text === 'overnight') return (partsOfDay.night as number) * 60
  const part = partsOfDay[text]
  if (part !== undefined) return part * 60
  const match = /^(\d{1,2})(?:[:.](\d\d))? ?(am|pm|a m|p m|h|o clock|oclock)?$/.exec(text)
  if (match === null) return null
  const [, hourText, minuteText, suffix] = match
  const meridiem = suffix?.startsWith('a') ? 'am' : suffix?.startsWith('p') ? 'pm' : null
  if (minuteText === undefined && suffix === undefined && !/\bat \d/.test(phrase)) return null
  const hour = Number(hourText)
  const minute = Number(minuteText ?? 0)
  if (minute > 59 || hour > 23 || (meridiem !== null && (hour < 1 || hour > 12))) return null
  return (meridiem === null ? hour : (hour % 12) + (meridiem === 'pm' ? 12 : 0)) * 60 + minute
}

function startOfDay(now: Date, offsetDays: number): Date {
  return new Date(now.getFullYear(), now.getMonth(), now.getDate() + offsetDays)
}

/** Clock time on that day: right on days that are an hour shorter or longer, too. */
function atMinutes(day: Date, minutes: number): Date {
  return new Date(day.getFullYear(), day.getMonth(), day.getDate(), 0, minutes)
}
