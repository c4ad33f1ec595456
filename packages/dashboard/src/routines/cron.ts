/** The five fields of crontab(5), each as the numbers it names; null for `*`. */
export interface Pattern {
  readonly minutes: Field
  readonly hours: Field
  readonly days: Field
  readonly months: Field
  /** 0 is Sunday. */
  readonly weekdays: Field
}

export type Field = null | {
  readonly list: readonly number[]
  /** Where all of them are meant, so many apart. */
  readonly step: number | null
  /** Whether it names its numbers, and not steps to be taken. */
  readonly fixed: boolean
}

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
const DAY_MS = 86_400_000
/** A day that comes at all comes within eight years: the 29th of February around a century without one. */
const LONGEST_WAIT_DAYS = 8 * 366

/** Reads a pattern. Null for what is none, and for what agentd alone reads: `L`, `W`, `#`, `?`. */
export function patternOf(cron: string): Pattern | null {
  const written = cron.trim().toLowerCase()
  const parts = (MACROS.get(written) ?? written).split(/\s+/)
  if (parts.length !== 5) return null
  const [minutes, hours, days, months, weekdays] = [
    fieldOf(parts[0], 0, 59),
    fieldOf(parts[1], 0, 23),
    fieldOf(parts[2], 1, 31),
    fieldOf(parts[3], 1, 12, MONTHS, 1),
    fieldOf(parts[4], 0, 7, WEEKDAYS),
  ]
  if (minutes === undefined || hours === undefined || days === undefined) return null
  if (months === undefined || weekdays === undefined) return null
  return { minutes, hours, days, months, weekdays: fromSunday(weekdays) }
}

/** Undefined for what it does not read. */
function fieldOf(
  text: string | undefined,
  least: number,
  most: number,
  names: readonly string[] = [],
  first = 0,
): Field | undefined {
  if (text === undefined) return undefined
  if (text === '*') return null
  const named = names.reduce((rest, name, place) => rest.replaceAll(name, String(place + first)), text)
  const list: number[] = []
  for (const part of named.replace(/^\*(?=\/)/, `${least}-${most}`).split(',')) {
    const [, from, to, by] = /^(\d{1,2})(?:-(\d{1,2}))?(?:\/(\d{1,2}))?$/.exec(part) ?? []
    if (from === undefined || (to === undefined && by !== undefined)) return undefined
    const [start, end, apart] = [Number(from), Number(to ?? from), Number(by ?? 1)]
    if (start < least || end > most || start > end || apart === 0) return undefined
    for (let each = start; each <= end; each += apart) list.push(each)
  }
  const step = /^\*\/(\d{1,2})$/.exec(text)?.[1]
  return { list: sorted(list), step: step === undefined ? null : Number(step), fixed: !text.includes('/') }
}

/** Sunday is 0 and 7. */
function fromSunday(field: Field): Field {
  return field === null ? null : { ...field, list: sorted(field.list.map((day) => day % 7)) }
}

function sorted(list: readonly number[]): readonly number[] {
  return [...new Set(list)].sort((a, b) => a - b)
}

/**
 * The first `count` moments after `after`, in milliseconds since 1970; fewer where no more come. As agentd has them (docs/routines.md): with
 * days of the month and of the week, either is enough; a time that daylight saving skips comes right after the gap, and one that it repeats
 * comes once, unless the pattern takes steps through the day.
 */
export function nextRuns(pattern: Pattern, timezone: string, after: number, count: number): readonly number[] {
  const offset = offsets(timezone)
  const found: number[] = []
  // Days as UTC has them stand for those of the time zone, of which only the date counts.
  let day = Math.floor((after + offset(after)) / DAY_MS) * DAY_MS
  for (let waited = 0; found.length < count && waited < LONGEST_WAIT_DAYS; day += DAY_MS) {
    waited += 1
    if (!isOn(pattern, new Date(day))) continue
    const coming = momentsOf(pattern, day, offset).filter(
      (moment) => moment > after && moment > (found.at(-1) ?? after),
    )
    if (coming.length > 0) waited = 0
    found.push(...coming)
  }
  return found.slice(0, count)
}

function isOn({ days, months, weekdays }: Pattern, day: Date): boolean {
  if (months !== null && !months.list.includes(day.getUTCMonth() + 1)) return false
  const onDate = days?.list.includes(day.getUTCDate())
  const onWeekday = weekdays?.list.includes(day.getUTCDay())
  return onDate === undefined || onWeekday === undefined ? (onDate ?? onWeekday ?? true) : onDate || onWeekday
}

/** The moments of one day, in order. */
function momentsOf({ minutes, hours }: Pattern, day: number, offset: (at: number) => number): readonly number[] {
  // A day has one offset, or two where the clocks are changed.
  const [before, behind] = [offset(day - DAY_MS / 2), offset(day + 1.5 * DAY_MS)]
  const isFixed = minutes?.fixed === true && hours?.fixed === true
  const moments: number[] = []
  for (const hour of hours?.list ?? Array(24).keys()) {
    for (const minute of minutes?.list ?? Array(60).keys()) {
      const local = day + (hour * 60 + minute) * 60_000
      const at = [...new Set([before, behind])]
        .map((shift) => local - shift)
        .filter((moment) => moment + offset(moment) === local)
      if (at.length === 0 && isFixed) at.push(changeBetween(local - behind, local - before, offset))
      moments.push(...(isFixed ? at.toSorted((a, b) => a - b).slice(0, 1) : at))
    }
  }
  return sorted(moments)
}

/** When the clocks were changed, to the minute. */
function changeBetween(from: number, to: number, offset: (at: number) => number): number {
  let [low, high] = [Math.min(from, to), Math.max(from, to)]
  const first = offset(low)
  while (high - low > 60_000) {
    const middle = Math.floor((low + high) / 120_000) * 60_000
    if (offset(middle) === first) low = middle
    else high = middle
  }
  return high
}

/** How far a time zone is ahead of UTC at a moment, in milliseconds. Throws `RangeError` for what is no time zone. */
function offsets(timezone: string): (at: number) => number {
  const style = { year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric' } as const
  const words = new Intl.DateTimeFormat('en-US', { ...style, timeZone: timezone, hourCycle: 'h23' })
  const known = new Map<number, number>()
  return (at) => {
    // Clocks are changed at quarters of an hour.
    const quarter = Math.floor(at / 900_000) * 900_000
    const kept = known.get(quarter)
    if (kept !== undefined) return kept
    const part = Object.fromEntries(words.formatToParts(quarter).map(({ type, value }) => [type, Number(value)]))
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0 } = part
    const ahead = Date.UTC(year, month - 1, day, hour, minute) - quarter
    known.set(quarter, ahead)
    return ahead
  }
}
