/** A count of time units as people say it; source of a regular expression. */
export const COUNT =
  '\\d+|an?|half an?|one|two|three|four|five|six|seven|eight|nine|ten|twelve|fifteen|twenty|thirty|(?:a )?(?:few|couple(?: of)?)'
export const SPAN_UNIT = '(?:s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?|w|weeks?|months?|years?)'
const WEEKDAY = '(?:mon|tues|wednes|thurs|fri|satur|sun)day'
const CLOCK = '\\d{1,2}(?::\\d\\d)?\\s?(?:am|pm)|\\d{1,2}:\\d\\d'
const DAY = `yesterday|today|midnight|noon|overnight|last night|this (?:morning|afternoon|evening|week|month)|${WEEKDAY}`

/** A time the tools understand, as it stands in a request; the first group is the time itself. */
const TIMES: readonly RegExp[] = [
  new RegExp(`\\b(?:last|past|previous)\\s+((?:(?:${COUNT})\\s?)?${SPAN_UNIT})\\b(?!\\s+or\\b)`, 'i'),
  new RegExp(
    `\\b(?:since|from|after)\\s+((?:${DAY})(?:\\s+(?:at\\s+)?(?:${CLOCK}))?|${CLOCK}|\\d{4}-\\d\\d-\\d\\d|(?:the\\s+)?(?:last\\s+)?(?:re)?boot)\\b`,
    'i',
  ),
  new RegExp(`\\b((?:${COUNT})\\s${SPAN_UNIT})\\s+ago\\b`, 'i'),
  /\b(yesterday|today|overnight|last night|this (?:morning|afternoon|evening|week))\b/i,
]

/** Whether a text can be a time at all; "11" and "minutes" cannot. */
const TIME_LIKE = new RegExp(
  `${DAY}|${CLOCK}|tonight|night|morning|evening|week|month|year|boot|start|now|\\d{4}-\\d\\d|\\d\\s?${SPAN_UNIT}\\b|\\b(?:${COUNT}|last|past|half)\\s+${SPAN_UNIT}\\b|^(?:second|minute|hour|day)$`,
  'i',
)

/** The time a request says outright, or the one the model chose where that can be one. */
export function explicitTime(chosen: unknown, plain: string): string | undefined {
  const said = TIMES.flatMap((pattern) => pattern.exec(plain)?.[1] ?? [])[0]?.trim()
  if (typeof chosen !== 'string' || !TIME_LIKE.test(chosen)) return said
  return said?.toLowerCase().includes(chosen.toLowerCase()) ? said : chosen
}
