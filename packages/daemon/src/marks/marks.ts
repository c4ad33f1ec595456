import { createHmac } from 'node:crypto'
import { type EgressMark, MARK_SIZES } from '@castellan/contracts'

/** Beginnings that everybody knows: a piece that holds one would be guessed. */
const KNOWN_BEGINNING =
  /^(?:sk-(?:ant-[a-z]+\d\d-|or-v1-|proj-)?|gh[pousr]_|github_pat_|glpat-|xox[a-z]-|cst_|hf_|npm_|AIza|Bearer )/

/**
 * Marks of a value, by which the airlock recognises it without knowing it. Pieces follow each other and do not overlap, so that one that
 * was guessed helps with no other. Values of fewer than 12 bytes, without a known beginning, have none: they would be found everywhere.
 */
export function marksOf(key: Uint8Array, value: string): EgressMark[] {
  const bare = Buffer.from(value.replace(KNOWN_BEGINNING, ''), 'utf8')
  const size = MARK_SIZES.find((each) => bare.length >= each)
  if (size === undefined) return []
  const { base } = rollingOf(key)
  const marks: EgressMark[] = []
  for (let at = 0; at + size <= bare.length; at += size) {
    const piece = bare.subarray(at, at + size)
    if (new Set(piece).size < 5) continue
    marks.push({ size, near: fold(roll(piece, base)), hash: markHash(key, piece) })
  }
  return marks
}

export function markHash(key: Uint8Array, piece: Uint8Array): string {
  return createHmac('sha256', key).update('castellan egress mark v1\0').update(piece).digest('hex')
}

/** The polynomial of a piece modulo 2^32, which moves along a text in one step a byte (Karp and Rabin, 1987). */
export function roll(piece: Uint8Array, base: number): number {
  let sum = 0
  for (const byte of piece) sum = (Math.imul(sum, base) + byte + 1) | 0
  return sum
}

/** 16 bits of it: enough to look seldom in vain, too few to say what the piece is. */
export function fold(sum: number): number {
  return Math.imul(sum ^ (sum >>> 15), 0x9e3779b1) >>> 16
}

/** The base of the polynomial, of the same key. */
export function rollingOf(key: Uint8Array): { readonly base: number } {
  return { base: createHmac('sha256', key).update('castellan egress roll v1').digest().readUInt32LE(0) | 1 }
}
