/** The part of time that the axis shows, in milliseconds since 1970. */
export interface Window {
  readonly from: number
  readonly to: number
}

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
export const SPANS = { hour: HOUR, day: DAY, week: 7 * DAY, month: 30 * DAY } as const
const SHORTEST = 10 * MINUTE
const LONGEST = 366 * DAY

/** The last `span` milliseconds up to now, with a little air behind it. */
export function upToNow(span: number, now: number): Window {
  const to = now + span * 0.02
  return { from: to - span, to }
}

/** Twice as close (`factor` 0.5) or as wide (2) about a moment, which stays where it is. */
export function zoomed({ from, to }: Window, factor: number, about = (from + to) / 2): Window {
  const span = Math.min(LONGEST, Math.max(SHORTEST, (to - from) * factor))
  const share = (about - from) / (to - from)
  return { from: about - span * share, to: about + span * (1 - share) }
}

/** Moved by a share of its length; never past `now`. */
export function moved({ from, to }: Window, share: number, now: number): Window {
  const span = to - from
  const end = Math.min(to + span * share, now + span * 0.02)
  return { from: end - span, to: end }
}

/** Moments for the axis to name, about six of them, at round times of the reader's day. */
export function ticks({ from, to }: Window): readonly number[] {
  const step = STEPS.find((each) => (to - from) / each <= 7) ?? (STEPS.at(-1) as number)
  const offset = new Date(from).getTimezoneOffset() * MINUTE
  const first = Math.ceil((from - offset) / step) * step + offset
  return Array.from({ length: Math.max(0, Math.ceil((to - first) / step)) }, (_, nth) => first + nth * step)
}

const STEPS: readonly number[] = [
  ...[2, 5, 10, 15, 30].map((minutes) => minutes * MINUTE),
  ...[1, 2, 4, 6, 12].map((hours) => hours * HOUR),
  ...[1, 2, 5, 10, 30, 60].map((days) => days * DAY),
]
