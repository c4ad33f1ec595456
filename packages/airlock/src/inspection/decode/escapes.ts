import type { Span } from '../finding.ts'

/** Where something of a decoded text stood in the text it was decoded from. */
export type Origin = (span: Span) => Span

export interface Unescaped {
  readonly text: string
  readonly origin: Origin
}

/**
 * What one reader or another takes out of a text: escapes of JSON and JavaScript, percent-encoding, character references of HTML,
 * characters that show nothing, and letters in full width. Texts are bytes as Latin-1, so UTF-8 is matched by its bytes.
 */
const ESCAPE =
  /\\(?:u\{[0-9a-fA-F]{1,6}\}|u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|[0-3][0-7]{2}|["'\\/bfnrt])|%u[0-9a-fA-F]{4}|%[0-9a-fA-F]{2}|&#(?:\d{1,6}|[xX][0-9a-fA-F]{1,5});|&(?:amp|lt|gt|quot|apos|num|equals|colon|lowbar|hyphen|sol|plus|period);|\xe2\x80[\x8b-\x8f\xaa-\xae]|\xe2\x81[\xa0-\xa4]|\xef\xbb\xbf|\xc2\xad|\xef\xbc[\x81-\xbf]|\xef\xbd[\x80-\x9e]|\xe2\x80[\x90-\x95]|\xc2\xa0|[\u200b-\u200f\u2060-\u2064\ufeff\uff01-\uff5e\u2010-\u2015]/g

const SIMPLE: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f' }
const NAMED: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  num: '#',
  equals: '=',
  colon: ':',
  lowbar: '_',
  hyphen: '-',
  sol: '/',
  plus: '+',
  period: '.',
}

/** The text with one layer of escapes taken off; undefined where it has none. */
export function unescapeText(text: string): Unescaped | undefined {
  if (!/[\\%&\xe2\xef\xc2\u200b-\u2064\ufeff\uff01-\uff5e]/.test(text)) return undefined
  const pieces: string[] = []
  // For each escape: where it is in the decoded text and where it was, each with its length.
  const marks: number[] = []
  let at = 0
  let length = 0
  ESCAPE.lastIndex = 0
  for (let match = ESCAPE.exec(text); match !== null; match = ESCAPE.exec(text)) {
    const plain = decodeOne(match[0])
    if (plain === match[0]) continue
    pieces.push(text.slice(at, match.index), plain)
    length += match.index - at
    marks.push(length, plain.length, match.index, match[0].length)
    length += plain.length
    at = match.index + match[0].length
  }
  if (marks.length === 0) return undefined
  pieces.push(text.slice(at))
  return {
    text: pieces.join(''),
    origin: ({ start, end }) => ({ start: position(marks, start, false), end: position(marks, end, true) }),
  }
}

function position(marks: readonly number[], at: number, isEnd: boolean): number {
  let low = 0
  let high = marks.length / 4
  while (low < high) {
    const middle = (low + high) >> 1
    const begin = marks[middle * 4] as number
    if (isEnd ? begin < at : begin <= at) low = middle + 1
    else high = middle
  }
  if (low === 0) return at
  const [begin, plain, was, wasLength] = marks.slice((low - 1) * 4, low * 4) as [number, number, number, number]
  if (at < begin + plain || (isEnd && at === begin + plain)) return isEnd ? was + wasLength : was
  return was + wasLength + (at - begin - plain)
}

function decodeOne(escaped: string): string {
  const first = escaped[0]
  if (first === '%') return String.fromCharCode(Number.parseInt(escaped.replace(/^%u?/, ''), 16))
  if (first === '&') {
    const [, decimal, hex, name = ''] = /^&(?:#(\d+)|#[xX]([0-9a-fA-F]+)|(\w+));$/.exec(escaped) ?? []
    if (decimal !== undefined) return codePoint(Number(decimal))
    return hex === undefined ? (NAMED[name] ?? escaped) : codePoint(Number.parseInt(hex, 16))
  }
  if (first === '\\') {
    const kind = escaped[1] as string
    if (kind === 'u' || kind === 'x') return codePoint(Number.parseInt(escaped.slice(2).replace(/[{}]/g, ''), 16))
    if (/[0-3]/.test(kind)) return String.fromCharCode(Number.parseInt(escaped.slice(1), 8))
    return SIMPLE[kind] ?? kind
  }
  return foreign(escaped)
}

/** In UTF-8 as Latin-1, or already as characters. */
function foreign(text: string): string {
  const code =
    text.length === 1 ? text.charCodeAt(0) : (Buffer.from(text, 'latin1').toString('utf8').codePointAt(0) ?? 0)
  if (code >= 0xff01 && code <= 0xff5e) return String.fromCharCode(code - 0xfee0)
  if (code >= 0x2010 && code <= 0x2015) return '-'
  return code === 0xa0 ? ' ' : ''
}

function codePoint(code: number): string {
  return code <= 0x10ffff && code > 0 ? String.fromCodePoint(code) : ''
}
