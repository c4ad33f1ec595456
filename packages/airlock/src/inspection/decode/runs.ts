import type { Span } from '../finding.ts'

/** Something that was written in letters that stand for bytes. */
export interface Encoded extends Span {
  readonly bytes: Buffer
}

/** Base64 and base64url, broken into lines or not. Shorter runs hold no credential. */
const BASE64 = /[A-Za-z0-9+/_-]{16,}(?:\r?\n[ \t]*[A-Za-z0-9+/_-]{2,})*={0,2}/g
const HEX = /(?:[0-9a-fA-F]{2}[:\s-]?){11,}[0-9a-fA-F]{2}|(?:0x[0-9a-fA-F]{2}[,\s]{1,2}){11,}0x[0-9a-fA-F]{2}/g
const BASE32 = /[A-Z2-7]{26,}={0,6}|[a-z2-7]{40,}={0,6}/g
/** Numbers of characters: `[115,107,45,…]`. */
const CODES = /(?:\d{2,3}[,\s]{1,2}){15,}\d{2,3}/g
/** Runs up to this long are tried from each of the four places where base64 may begin. */
const MAX_SHIFTED = 4096
const LETTERS32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** Bytes that are written as base64 or base64url, as what makes sense of them says. */
export function* base64Runs(text: string, accept: (bytes: Buffer) => boolean): Generator<Encoded, void, void> {
  for (const match of text.matchAll(BASE64)) {
    const [run] = match
    // Words and names are base64, too; those without a capital, a digit or a sign are just words.
    if (run.length < 64 && /^(?:[a-z]+|[A-Z]+|\d+|[A-Z]?[a-z]+)$/.test(run)) continue
    const bare = run.replace(/\s+/g, '')
    const shifts = bare.length <= MAX_SHIFTED ? [0, 1, 2, 3] : [0]
    for (const shift of shifts) {
      const bytes = Buffer.from(bare.slice(shift), 'base64')
      if (!accept(bytes)) continue
      yield { bytes, start: match.index, end: match.index + run.length }
      break
    }
  }
}

/** Bytes that are written as hex, base32, or decimal numbers of characters; digests among them are no text and are not given. */
export function* otherRuns(text: string, accept: (bytes: Buffer) => boolean): Generator<Encoded, void, void> {
  for (const [form, decode] of [
    [HEX, (run: string) => Buffer.from(run.replace(/0x/g, '').replace(/[^0-9a-fA-F]/g, ''), 'hex')],
    [BASE32, decode32],
    [CODES, (run: string) => Buffer.from(run.split(/[,\s]+/).map(Number))],
  ] as const) {
    for (const match of text.matchAll(form)) {
      const bytes = decode(match[0])
      if (accept(bytes)) yield { bytes, start: match.index, end: match.index + match[0].length }
    }
  }
}

/** RFC 4648, section 6. */
function decode32(run: string): Buffer {
  const bytes: number[] = []
  let bits = 0
  let value = 0
  for (const letter of run.replace(/=+$/, '').toUpperCase()) {
    value = ((value << 5) | LETTERS32.indexOf(letter)) & 0xfff
    bits += 5
    if (bits < 8) continue
    bits -= 8
    bytes.push((value >> bits) & 0xff)
  }
  return Buffer.from(bytes)
}
