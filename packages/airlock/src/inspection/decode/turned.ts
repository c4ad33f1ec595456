/** What stands between the pieces of a text that was taken apart. */
const BETWEEN: ReadonlySet<number> = new Set([...' \t\r\n"\'`,+;|\\()[]'].map((char) => char.charCodeAt(0)))
/** Every letter by itself. */
const LETTER_BY_LETTER = /(?:\b\w[ .*~|:-]){16}/
/** Beginnings of keys, written backwards, and with each letter moved by thirteen places. */
const BACKWARDS =
  /-tna-ks|-jorp-ks|tccvs-ks|[AI]ISA|AIKA|_[pousr]hg|_tap_buhtig|-taplg|-[bp]xox|_evil_[kr][sr]|azIA|_mpn|_fh|_tsc|YEK-TERCES/
const SHIFTED =
  /fx-nag-|fx-cebw-|fx-fipnppg-|NXVN|NFVN|tu[cbhfe]_|tvguho_cng_|tycng-|kbk[oc]-|[fe]x_yvir_|NVmn|acz_|us_|pfg_|NTR-FRPERG/

/** A text without what stands between pieces, backwards, and with letters moved: where its letters make that worth a look. */
export function* turnedTexts(text: string): Generator<string, void, void> {
  yield withoutGaps(text)
  if (LETTER_BY_LETTER.test(text)) yield text.replace(/(?<=\w)[ .*~|:-](?=\w)/g, '')
  if (text.includes('quoted-printable')) yield fromQuotedPrintable(text)
  if (BACKWARDS.test(text)) yield [...text].reverse().join('')
  if (SHIFTED.test(text)) yield text.replace(/[a-z]/gi, moved)
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
