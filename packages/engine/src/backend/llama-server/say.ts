/**
 * Reads the words out of an answer that is written as JSON piece by piece: the value of `say`, its first key, as far as it is
 * there. What has been given out is not given out again.
 */
export class SayReader {
  #text = ''
  #given = 0

  /** Adds a piece of the JSON and returns what it adds to the words. */
  add(piece: string): string {
    this.#text += piece
    const start = /^\s*\{\s*"say"\s*:\s*"/.exec(this.#text)?.[0].length
    if (start === undefined) return ''
    const words = readString(this.#text.slice(start))
    const more = words.slice(this.#given)
    this.#given = words.length
    return more
  }

  /** The whole answer; undefined where it is no JSON object. */
  whole(): Record<string, unknown> | undefined {
    try {
      const value: unknown = JSON.parse(this.#text)
      return typeof value === 'object' && value !== null && !Array.isArray(value)
        ? (value as Record<string, unknown>)
        : undefined
    } catch {
      return undefined
    }
  }
}

/** A JSON string from after its opening quote to its end, or to the last escape or surrogate pair that is there whole. */
function readString(text: string): string {
  const body = /^(?:[^"\\]|\\u[0-9a-fA-F]{4}|\\["\\/bfnrt])*/.exec(text)?.[0] ?? ''
  const words = JSON.parse(`"${body.replace(/[\u0000-\u001f]/g, ' ')}"`) as string
  const last = words.charCodeAt(words.length - 1)
  return last >= 0xd800 && last <= 0xdbff ? words.slice(0, -1) : words
}
