/** Something in a text that stands for another text. Offsets are those of the text that it was found in. */
export interface Decoded {
  readonly how: string
  readonly start: number
  readonly end: number
  readonly text: string
}

/** Encoded stretches looked into in one text, and how long one may be, in characters. */
const MOST = 64
const LONGEST = 64 * 1024
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** What is spelt in base64, base32, hexadecimal, binary, percent signs, escapes of programs or entities of HTML. */
export function decodedParts(text: string): Decoded[] {
  const found: Decoded[] = []
  for (const { how, pattern, decode } of encodings) {
    for (const match of text.matchAll(pattern)) {
      if (found.length >= MOST) return found
      const [run] = match
      if (run.length > LONGEST) continue
      const plain = decode(run)
      if (plain === undefined || plain === run || !isReadable(plain)) continue
      found.push({ how, start: match.index, end: match.index + run.length, text: plain })
    }
  }
  return found
}

interface Encoding {
  readonly how: string
  readonly pattern: RegExp
  readonly decode: (run: string) => string | undefined
}

const encodings: readonly Encoding[] = [
  {
    how: 'base64',
    // Perhaps over several lines, perhaps in the alphabet of addresses.
    pattern: /[A-Za-z0-9+/_-]{16,}(?:\r?\n[ \t>]*[A-Za-z0-9+/_-]{8,})*={0,2}/g,
    decode: (run) => {
      const joined = run.replace(/[\s>]/g, '')
      return /[A-Z]/.test(joined) && /[a-z]/.test(joined) ? utf8(Buffer.from(joined, 'base64')) : undefined
    },
  },
  {
    how: 'base32',
    pattern: /\b[A-Z2-7]{24,}={0,6}/g,
    decode: (run) => utf8(fromBase32(run)),
  },
  {
    how: 'hex',
    pattern: /(?:(?:0x|\\x)?[0-9a-fA-F]{2}[\s,:]{0,2}){12,}/g,
    decode: (run) => utf8(Buffer.from(run.replace(/0x|\\x|[\s,:]/g, ''), 'hex')),
  },
  {
    how: 'binary',
    pattern: /(?:[01]{8}\s?){8,}/g,
    decode: (run) => utf8(Buffer.from((run.match(/[01]{8}/g) ?? []).map((bits) => Number.parseInt(bits, 2)))),
  },
  {
    how: 'percent',
    pattern: /[\w.~+-]{0,32}(?:%[0-9a-fA-F]{2}[\w.~+-]{0,64}){3,}/g,
    decode: (run) => attempt(() => decodeURIComponent(run.replaceAll('+', ' '))),
  },
  {
    how: 'escapes',
    pattern: /(?:\\u\{?[0-9a-fA-F]{4,6}\}?\s?){6,}/g,
    decode: (run) =>
      run.replace(/\\u\{?([0-9a-fA-F]{4,6})\}?/g, (_, hex: string) => character(Number.parseInt(hex, 16))),
  },
  {
    how: 'entities',
    pattern: /(?:&#(?:x[0-9a-fA-F]{2,6}|\d{2,7});[ \w.,]?){6,}/g,
    decode: (run) =>
      run.replace(/&#(x?)([0-9a-fA-F]+);/g, (_, hex: string, digits: string) =>
        character(Number.parseInt(digits, hex === '' ? 10 : 16)),
      ),
  },
  {
    how: 'numbers',
    pattern: /(?:\b\d{2,3}\b[\s,]{1,2}){12,}\d{2,3}\b/g,
    decode: (run) => String.fromCharCode(...(run.match(/\d+/g) ?? []).slice(0, 4096).map(Number)),
  },
]

function character(point: number): string {
  return point <= 0x10ffff ? String.fromCodePoint(point) : ''
}

function utf8(bytes: Buffer): string | undefined {
  return attempt(() => new TextDecoder('utf-8', { fatal: true }).decode(bytes)) ?? mostlyUtf8(bytes)
}

/** A run may begin or end in the middle of a character, or have a letter too many before it. */
function mostlyUtf8(bytes: Buffer): string | undefined {
  const text = bytes.toString('utf8')
  const broken = text.split('\ufffd').length - 1
  return broken <= 2 ? text.replaceAll('\ufffd', '') : undefined
}

function fromBase32(run: string): Buffer {
  const bytes: number[] = []
  let bits = 0
  let held = 0
  for (const letter of run.replace(/=+$/, '')) {
    held = ((held << 5) | BASE32.indexOf(letter)) & 0xfff
    bits += 5
    if (bits < 8) continue
    bits -= 8
    bytes.push((held >> bits) & 0xff)
  }
  return Buffer.from(bytes)
}

/** Words and spaces, not the noise that a digest or a picture comes to. */
function isReadable(text: string): boolean {
  if (text.length < 8) return false
  const odd = text.match(/[\u0000-\u0008\u000e-\u001f\u007f-\u009f]/g)?.length ?? 0
  const letters = text.match(/[\p{L}\p{N}\s]/gu)?.length ?? 0
  return odd === 0 && letters / text.length > 0.7
}

function attempt(decode: () => string): string | undefined {
  try {
    return decode()
  } catch {
    return undefined
  }
}
