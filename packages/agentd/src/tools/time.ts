import { CastellanError } from '@castellan/contracts'
import { parseDay } from './days.ts'

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
  [/^(fortnights?)$/, 14 * DAY],
  [/^(months?)$/, 30 * DAY],
  [/^(y|yrs?|years?)$/, 365 * DAY],
]

const numberWords = 'zero one two three four five six seven eight nine ten eleven twelve'.split(' ')
const otherNumbers: Readonly<Record<string, number>> = {
  a: 1,
  an: 1,
  quarter: 0.25,
  half: 0.5,
  couple: 2,
  few: 3,
  fifteen: 15,
  twenty: 20,
  thirty: 30,
  forty: 40,
  fifty: 50,
  sixty: 60,
  ninety: 90,
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
    parseDay(phrase, clock.now)
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
  const period = /^(?:this|(?:start|beginning) of (?:the|this)) (week|month|year)$/.exec(phrase)?.[1]
  if (period === 'week') return new Date(now.getFullYear(), now.getMonth(), now.getDate() - ((now.getDay() + 6) % 7))
  if (period === 'month') return new Date(now.getFullYear(), now.getMonth(), 1)
  return period === 'year' ? new Date(now.getFullYear(), 0, 1) : null
}

/** `2 hours`, `90s`, `1h30m`, `half an hour`: numbers and units in turn, nothing else. */
function parseSpan(phrase: string, now: Date): Date | null {
  const words = phrase
    .replace(/^(last|past|previous)\s+/, '')
    // "a day or two"
    .replace(/^(?:a |an )?([a-z]+) or (?:two|so)$/, 'two $1')
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
