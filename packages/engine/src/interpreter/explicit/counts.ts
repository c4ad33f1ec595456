import { SPAN_UNIT } from './times.ts'

const NUMBER_WORDS = 'zero one two three four five six seven eight nine ten eleven twelve'.split(' ')
const NUMBER = `\\d{1,4}|${NUMBER_WORDS.slice(1).join('|')}`
/** A number that counts what is listed, not time. */
const COUNTED = new RegExp(
  `\\b(?:max(?:imum)?|limit|top|last|first|newest|latest|at most|-n)[ =:]*(${NUMBER})\\b(?![-.:/]?\\d|\\s*${SPAN_UNIT}\\b)` +
    `|\\b(${NUMBER})\\s+(?:lines?|entries|messages|processes|items|acts|records|rows|results)\\b`,
  'i',
)

/** "The last ten messages", "max 6", "25 lines". */
export function explicitCount(plain: string): number | undefined {
  const match = COUNTED.exec(plain)
  const said = match?.[1] ?? match?.[2]
  if (said === undefined) return undefined
  const value = /^\d+$/.test(said) ? Number(said) : NUMBER_WORDS.indexOf(said.toLowerCase())
  return value > 0 ? value : undefined
}
