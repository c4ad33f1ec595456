import { quotedParts } from '../values.ts'

/** The text with every quoted part blanked out, as long as before. */
export function withoutQuotes(text: string): string {
  let plain = text
  for (const { from, to } of quotedParts(text)) plain = plain.slice(0, from) + ' '.repeat(to - from) + plain.slice(to)
  return plain
}
