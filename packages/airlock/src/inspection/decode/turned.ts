/** What stands between the pieces of a text that was taken apart. */
const BETWEEN: ReadonlySet<number> = new Set([...' \t\r\n"\'`,+;|\\()[]'].map((char) => char.charCodeAt(0)))
/** Every letter by itself. */
const LETTER_BY_LETTER = /(?:\b\w[ .*~|:-]){16}/
/** Letters that need no escape in quoted-printable, escaped; or words that are broken off in the middle. */
const QUOTED = /(?:=[0-9A-F]{2}){8}|\w=\r?\n\w/
/** A text as the value of a member of JSON. */
const VALUE = /:\s{0,8}"[^"\\]{1,4096}"/g
const NOT_ASCII = /[^\0-\x7f]/
const WIDE = /[^\0-\xff]/
/** What may be base64 that is written backwards: it begins nothing, so only its length tells. */
const LONG = /[A-Za-z0-9+/_=-]{24}/
/** Beginnings of keys, written backwards, and with each letter moved by thirteen places. */
const BACKWARDS =
  /-tna-ks|-jorp-ks|tccvs-ks|[AI]ISA|AIKA|_[pousr]hg|_tap_buhtig|-taplg|-[bp]xox|_evil_[kr][sr]|azIA|_mpn|_fh|_tsc|YEK-TERCES/
const SHIFTED =
  /fx-nag-|fx-cebw-|fx-fipnppg-|NXVN|NFVN|tu[cbhfe]_|tvguho_cng_|tycng-|kbk[oc]-|[fe]x_yvir_|NVmn|acz_|us_|pfg_|NTR-FRPERG/

/** A text without what stands between pieces, backwards, and with letters moved: where its letters make that worth a look. */
export function* turnedTexts(text: string): Generator<string, void, void> {
  yield withoutGaps(text)
  if (LETTER_BY_LETTER.test(text)) yield text.replace(/(?<=\w)[ .*~|:-](?=\w)/g, '')
  if (text.includes('quoted-printable') || QUOTED.test(text)) yield fromQuotedPrintable(text)
  if (text.includes('<')) yield withoutMarkup(text)
  const values = text.match(VALUE)
  if (values !== null && values.length > 1) yield values.map((value) => value.replace(/^:\s{0,8}"|"$/g, '')).join('')
  const joined = text.replace(/[-/.]/g, '')
  if (joined.length < text.length) yield joined
  const plain = inPlainLetters(text)
  if (plain !== undefined) yield plain
  if (LONG.test(text) || BACKWARDS.test(text)) yield backwards(text)
  if (SHIFTED.test(text)) yield text.replace(/[a-z]/gi, moved)
}

function backwards(text: string): string {
  return WIDE.test(text) ? [...text].reverse().join('') : Buffer.from(text, 'latin1').reverse().toString('latin1')
}

/** Without tags and comments, as a page shows it. */
function withoutMarkup(text: string): string {
  return text.replace(/<!\[CDATA\[|\]\]>/g, '').replace(/<[^<>]{0,300}>/g, '')
}

/** Mathematical and other letters as the plain ones, without accents, tag characters (U+E0020 to U+E007E) as what they stand for. */
function inPlainLetters(text: string): string | undefined {
  if (!NOT_ASCII.test(text)) return undefined
  const read = WIDE.test(text) ? text : Buffer.from(text, 'latin1').toString('utf8')
  return read
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[\u{e0020}-\u{e007e}]/gu, (tag) => String.fromCharCode((tag.codePointAt(0) ?? 0) - 0xe0000))
}

/** RFC 2045, section 6.7. */
function fromQuotedPrintable(text: string): string {
  return text
    .replace(/=\r?\n/g, '')
    .replace(/=([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}

function withoutGaps(text: string): string {
  const kept = Buffer.allocUnsafe(text.length)
  let length = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (BETWEEN.has(code)) continue
    kept[length] = code
    length += 1
  }
  return kept.toString('latin1', 0, length)
}

function moved(letter: string): string {
  const base = letter <= 'Z' ? 65 : 97
  return String.fromCharCode(((letter.charCodeAt(0) - base + 13) % 26) + base)
}
