import type { Span } from '../finding.ts'

/** Letters of keys, of base64 in its forms, of addresses and of escapes: what stands together without a space. */
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-+/=.:%~'
/** Shorter words hold neither a key nor a text in base64. */
const MIN_WORD = 12

/** Long words of a text. Prose has hardly any, so all that looks at words alone costs little there. */
export class Words {
  readonly #isLetter = new Uint8Array(128)

  constructor() {
    for (const letter of LETTERS) this.#isLetter[letter.charCodeAt(0)] = 1
  }

  of(text: string): Span[] {
    const words: Span[] = []
    const isLetter = this.#isLetter
    let start = -1
    for (let at = 0; at < text.length; at++) {
      const code = text.charCodeAt(at)
      if (code < 128 && isLetter[code] === 1) {
        if (start === -1) start = at
        continue
      }
      if (start !== -1 && at - start >= MIN_WORD) words.push({ start, end: at })
      start = -1
    }
    if (start !== -1 && text.length - start >= MIN_WORD) words.push({ start, end: text.length })
    return words
  }
}
