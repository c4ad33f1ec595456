import { FormatError } from './error.ts'

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** UTF-8 text without characters that hide what comes after them. Throws `bad_text`. */
export function strictText(bytes: Uint8Array, what: string, offset: number): string {
  const text = utf8(bytes, what, offset)
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (code < 0x20 || code === 0x7f) {
      throw new FormatError('bad_text', `has a control character in ${what}`, offset)
    }
  }
  return text
}

/** UTF-8 text of several lines: no NUL. Throws `bad_text`. */
export function proseText(bytes: Uint8Array, what: string, offset: number): string {
  const text = utf8(bytes, what, offset)
  if (text.includes('\0')) throw new FormatError('bad_text', `has a NUL in ${what}`, offset)
  return text
}

function utf8(bytes: Uint8Array, what: string, offset: number): string {
  try {
    return decoder.decode(bytes)
  } catch {
    throw new FormatError('bad_text', `has ${what} that is no UTF-8`, offset)
  }
}
