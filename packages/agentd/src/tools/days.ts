/** Days and times of day, as people name them when they look back: always the last one that has begun. */

/** The hour at which people take a part of the day to begin. */
const partsOfDay: ReadonlyMap<string, number> = new Map([
  ['midnight', 0],
  ['dawn', 6],
  ['morning', 6],
  ['breakfast', 7],
  ['noon', 12],
  ['midday', 12],
  ['lunch', 12],
  ['lunchtime', 12],
  ['afternoon', 12],
  ['evening', 18],
  ['dinner', 18],
  ['night', 20],
  ['tonight', 20],
  ['overnight', 20],
])

const weekdays = 'sunday monday tuesday wednesday thursday friday saturday'.split(' ')
const months = 'january february march april may june july august september october november december'.split(' ')
const hourWords = 'twelve one two three four five six seven eight nine ten eleven'.split(' ')

const fillers = new Set(['at', 'on', 'in', 'around', 'about', 'the', 'of'])

/** A day that was named: how many of the words name it, and when it began. */
interface NamedDay {
  readonly words: number
  readonly start: Date
}

/** `yesterday`, `monday 9:30`, `last night`, `5pm`, `may 3rd`, `the weekend`: a day, a time of day, or both. Null for anything else. */
export function parseDay(phrase: string, now: Date): Date | null {
  const words = phrase.split(' ').filter((word) => !fillers.has(word))
  const day = namedDay(words, now)
  const rest = words.slice(day?.words ?? 0).join(' ')
  if (day === null && rest === '') return null
  const minutes = rest === '' ? 0 : minutesAfterMidnight(rest, phrase)
  if (minutes === null) return null
  const moment = atMinutes(day?.start ?? dayFrom(now, 0), minutes)
  if (moment <= now) return moment
  // Still to come: of a day that was named, its beginning is the best answer; without one it was yesterday.
  if (day === null) return atMinutes(dayFrom(now, -1), minutes)
  return day.start <= now ? day.start : null
}

function namedDay(words: readonly string[], now: Date): NamedDay | null {
  return relativeDay(words, now) ?? weekday(words, now) ?? dateOfMonth(words, now)
}

function relativeDay(words: readonly string[], now: Date): NamedDay | null {
  const [first = '', second = ''] = words
  if (words.slice(0, 3).join(' ') === 'day before yesterday') return { words: 3, start: dayFrom(now, -2) }
  if (first === 'earlier' && second === 'today') return { words: 2, start: dayFrom(now, 0) }
  if (first === 'today') return { words: 1, start: dayFrom(now, 0) }
  if (first === 'yesterday') return { words: 1, start: dayFrom(now, -1) }
  // The word says the time of day as well, so it is not used up.
  if (first === 'overnight') return { words: 0, start: dayFrom(now, -1) }
  if (first === 'tonight') return { words: 0, start: dayFrom(now, 0) }
  if (first === 'this' && partsOfDay.has(second)) return { words: 1, start: dayFrom(now, 0) }
  if (first === 'last' && (second === 'night' || second === 'evening')) return { words: 1, start: dayFrom(now, -1) }
  return null
}

function weekday(words: readonly string[], now: Date): NamedDay | null {
  const prefix = words[0] === 'last' || words[0] === 'this' ? 1 : 0
  const word = words[prefix] ?? ''
  if (word === 'weekend') return { words: prefix + 1, start: dayFrom(now, -((now.getDay() + 1) % 7)) }
  const number = indexOfName(weekdays, word)
  // On a Monday, "monday" is last week's: today would have been called today.
  return number === null ? null : { words: prefix + 1, start: dayFrom(now, -((now.getDay() - number + 6) % 7) - 1) }
}

/** `march`, `1 may`, `may 3rd`, `1st`, `first month` (of the month), `christmas`: the last that has begun. */
function dateOfMonth(words: readonly string[], now: Date): NamedDay | null {
  const [first = '', second = ''] = words
  const year = now.getFullYear()
  if (first === 'christmas') return { words: 1, start: lastYearly(now, 11, 25) }
  if (first === 'new' && /^years?$/.test(second))
    return { words: words[2] === 'day' ? 3 : 2, start: new Date(year, 0, 1) }
  const [firstMonth, secondMonth] = [indexOfName(months, first), indexOfName(months, second)]
  const [firstDay, secondDay] = [dayNumber(first), dayNumber(second)]
  if (firstMonth !== null && secondDay !== null) return { words: 2, start: lastYearly(now, firstMonth, secondDay) }
  if (firstMonth !== null) return { words: 1, start: lastYearly(now, firstMonth, 1) }
  if (firstDay !== null && secondMonth !== null) return { words: 2, start: lastYearly(now, secondMonth, firstDay) }
  // A bare number is an hour or nothing; "1st" is a day.
  if (firstDay === null || /^\d+$/.test(first)) return null
  const start = new Date(year, now.getMonth(), firstDay)
  return {
    words: second === 'month' ? 2 : 1,
    start: start <= now ? start : new Date(year, now.getMonth() - 1, firstDay),
  }
}

function lastYearly(now: Date, month: number, day: number): Date {
  const start = new Date(now.getFullYear(), month, day)
  return start <= now ? start : new Date(now.getFullYear() - 1, month, day)
}

function dayNumber(word: string): number | null {
  if (word === 'first') return 1
  const number = Number(/^(\d{1,2})(st|nd|rd|th)?$/.exec(word)?.[1] ?? 0)
  return number >= 1 && number <= 31 ? number : null
}

/** By name or by its first three letters or more. */
function indexOfName(names: readonly string[], word: string): number | null {
  const index = names.findIndex((name) => word === name || (word.length >= 3 && name.startsWith(word)))
  return index < 0 ? null : index
}

/** Minutes after midnight. A bare hour counts only where "at" was said before it. */
function minutesAfterMidnight(text: string, phrase: string): number | null {
  const part = partsOfDay.get(text)
  if (part !== undefined) return part * 60
  const written = text.replace(/^[a-z]+(?= |$)/, (word) =>
    hourWords.includes(word) ? String(hourWords.indexOf(word) || 12) : word,
  )
  const match = /^(\d{1,2})(?:[:.](\d\d))? ?(am|pm|a m|p m|h|o clock|oclock)?$/.exec(written)
  if (match === null) return null
  const [, hourText, minuteText, suffix] = match
  if (minuteText === undefined && suffix === undefined && !/\bat /.test(phrase)) return null
  const meridiem = /^[ap]/.exec(suffix ?? '')?.[0]
  const [hour, minute] = [Number(hourText), Number(minuteText ?? 0)]
  if (minute > 59 || hour > 23 || (meridiem !== undefined && (hour < 1 || hour > 12))) return null
  return (meridiem === undefined ? hour : (hour % 12) + (meridiem === 'p' ? 12 : 0)) * 60 + minute
}

function dayFrom(now: Date, offsetDays: number): Date {
  return new Date(now.getFullYear(), now.getMonth(), now.getDate() + offsetDays)
}

/** Clock time on that day: right on days that are an hour shorter or longer, too. */
function atMinutes(day: Date, minutes: number): Date {
  return new Date(day.getFullYear(), day.getMonth(), day.getDate(), 0, minutes)
}
