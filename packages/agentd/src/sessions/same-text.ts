import { timingSafeEqual } from 'node:crypto'

/**
 * Compares a secret text with what was given, in constant time. The letters, not the bytes they stand for: base64url has
 * several spellings of the same bytes, and a token has one.
 */
export function sameText(given: string, expected: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(expected)]
  return one.length === other.length && timingSafeEqual(one, other)
}
