import type { Span } from '../finding.ts'

/** Something that was written in letters that stand for bytes. */
export interface Encoded extends Span {
  readonly bytes: Buffer
}

/** Base64 and base64url. Shorter runs hold no credential. */
const BASE64 = /[A-Za-z0-9+/_-]{12,}={0,2}/g
const HEX = /(?:[0-9a-fA-F]{2}[:-]?){8,}[0-9a-fA-F]{2}/g
const BASE32 = /[A-Z2-7]{15,}={0,6}|[a-z2-7]{24,}={0,6}/g
/** Hex with spaces, or as code has it. */
const SPACED_HEX =
  /(?<![\w])(?:[0-9a-fA-F]{2} ){8,}[0-9a-fA-F]{2}(?!\w)|(?:0x[0-9a-fA-F]{2},\s{0,2}){8,}0x[0-9a-fA-F]{2}/g
/** Numbers of characters: `[115,107,45,…]`. */
const CODES = /(?<!\d)\d{2,3}(?:[, ]{1,2}\d{2,3}){15,}/g
/** Runs up to this long are tried from each of the four places where base64 may begin. */
const MAX_SHIFTED = 4096
const MIN_PART = 12
const LETTERS32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** Lines of a file in base64 are at least this long, but the last. */
const MIN_LINE = 40

/** Bytes that are written as base64 or base64url, as what makes sense of them says. */
export function* base64Runs(
  text: string,
  words: readonly Span[],
  accept: (bytes: Buffer) => boolean,
): Generator<Encoded, void, void> {
  for (const { start, end } of joinLines(text, words)) {
    const word = text.slice(start, end)
    for (const match of word.matchAll(/\s/.test(word) ? /[\s\S]+/g : BASE64)) {
      const run = match[0].replace(/\s+/g, '')
      // Words and names are base64, too; those without a capital, a digit or a sign are just words.
      if (run.length < 64 && /^(?:[a-z]+|[A-Z]+|\d+|[A-Z]?[a-z]+)$/.test(run)) continue
      for (const coded of readings(run)) {
        const bytes = Buffer.from(coded, 'base64')
        if (!accept(bytes)) continue
        yield { bytes, start: start + match.index, end: start + match.index + match[0].length }
        break
      }
    }
  }
}

/** From each of the four places where it may begin; and what stands between slashes, which paths have as well. */
function* readings(run: string): Generator<string, void, void> {
  yield run
  if (run.length > MAX_SHIFTED) return
  for (const shift of [1, 2, 3]) yield run.slice(shift)
  if (!run.includes('/')) return
  for (const part of run.split('/')) if (part.length >= MIN_PART && part.length < run.length) yield part
}

/** Words that are lines of one run become one. */
function* joinLines(text: string, words: readonly Span[]): Generator<Span, void, void> {
  for (let at = 0; at < words.length; at++) {
    const { start } = words[at] as Span
    let { end } = words[at] as Span
    let next = words[at + 1]
    while (
      next !== undefined &&
      end - start >= MIN_LINE &&
      next.start - end < 40 &&
      /^\r?\n[ \t]*$/.test(text.slice(end, next.start)) &&
      isLine(text, next)
    ) {
      end = next.end
      at += 1
      next = words[at + 1]
    }
    // The last line may be too short for a word.
    const [rest = ''] =
      end - start > MIN_LINE
        ? (/^\r?\n[ \t]*(?!--)[A-Za-z0-9+/_-]{2,11}={0,2}(?=\s|$)/.exec(text.slice(end, end + 40)) ?? [])
        : []
    yield { start, end: end + rest.length }
  }
}

function isLine(text: string, { start, end }: Span): boolean {
  return /^(?!--)[A-Za-z0-9+/_-]+={0,2}$/.test(text.slice(start, end))
}

/** Bytes that are written as hex, base32, or decimal numbers of characters; digests among them are no text and are not given. */
export function* otherRuns(
  text: string,
  words: readonly Span[],
  accept: (bytes: Buffer) => boolean,
): Generator<Encoded, void, void> {
  for (const { start, end } of words) {
    const word = text.slice(start, end)
    yield* decoded(word, start, HEX, fromHex, accept)
    yield* decoded(word, start, BASE32, decode32, accept)
  }
  yield* decoded(text, 0, SPACED_HEX, fromHex, accept)
  yield* decoded(text, 0, CODES, (run) => Buffer.from(run.split(/[,\s]+/).map(Number)), accept)
}

function* decoded(
  text: string,
  offset: number,
  form: RegExp,
  decode: (run: string) => Buffer,
  accept: (bytes: Buffer) => boolean,
): Generator<Encoded, void, void> {
  for (const match of text.matchAll(form)) {
    const bytes = decode(match[0])
    const start = offset + match.index
    if (accept(bytes)) yield { bytes, start, end: start + match[0].length }
  }
}

function fromHex(run: string): Buffer {
  return Buffer.from(run.replace(/0x/g, '').replace(/[^0-9a-fA-F]/g, ''), 'hex')
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
