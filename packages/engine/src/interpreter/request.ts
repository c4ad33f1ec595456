/** One request as the model sees it, with the way back from its tokens to the owner's own words. */
export interface Request {
  /** The owner's words, trimmed, otherwise as they were typed. */
  readonly text: string
  /** The same in the form the model reads: as long as `text`, lower case, plain quotes and dashes. */
  readonly normal: string
  readonly tokens: readonly number[]
  /** For each token the part of `text` it stands for, in UTF-16 units. A leading space the prompt adds counts as nothing. */
  readonly starts: readonly number[]
  readonly ends: readonly number[]
}

export type Tokenise = (text: string) => readonly number[]

const REPLACEMENTS: readonly (readonly [RegExp, string])[] = [
  [/[A-Z]/g, ''],
  [/\s/gu, ' '],
  [/[‘’‚‛′´`]/g, "'"],
  [/[“”„«»″]/g, '"'],
  [/[‐‑‒–—−]/g, '-'],
]

/** Brings a request into the one form the model was trained on, UTF-16 unit for UTF-16 unit (FORMAT.md, Prompt 1). */
export function normalise(text: string): string {
  let normal = text
  for (const [pattern, replacement] of REPLACEMENTS) {
    normal = normal.replace(pattern, (found) => (replacement === '' ? found.toLowerCase() : replacement))
  }
  return normal
}

/** Tokenises a request and finds each token's place by counting bytes (FORMAT.md, Prompt 2). */
export function prepareRequest(typed: string, tokenise: Tokenise, tokenBytes: readonly number[]): Request {
  const text = typed.trim()
  const normal = normalise(text)
  const tokens = tokenise(` ${normal}`)
  const units = unitsByByte(normal)
  const starts: number[] = []
  const ends: number[] = []
  // The space before the text is the prompt's own: byte 0 is before the request.
  let byte = -1
  for (const token of tokens) {
    const next = byte + (tokenBytes[token] ?? 0)
    starts.push(units[Math.max(0, byte)] ?? text.length)
    ends.push(next <= 0 ? 0 : unitAfter(units, next, text.length))
    byte = next
  }
  return { text, normal, tokens, starts, ends }
}

/** For each UTF-8 byte of the text the UTF-16 unit its character starts at. */
function unitsByByte(text: string): number[] {
  const units: number[] = []
  let unit = 0
  for (const character of text) {
    const bytes = Buffer.byteLength(character)
    for (let index = 0; index < bytes; index++) units.push(unit)
    unit += character.length
  }
  return units
}

/** The unit after the character that holds the byte before `byte`. */
function unitAfter(units: readonly number[], byte: number, length: number): number {
  const start = units[byte - 1] ?? length
  let next = byte
  while (next < units.length && units[next] === start) next++
  return units[next] ?? length
}
