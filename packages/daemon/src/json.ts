import { CastellanError } from '@castellan/contracts'

/** Above this the place is not looked for: the search recurses inside V8's pattern matcher. In UTF-16 units. */
const MAX_SEARCHED = 4 * 1024 * 1024

/**
 * `JSON.parse` whose refusal says where: `invalid_json` with line and column (both from 1, in UTF-16 units) and the
 * `offset` from 0. V8's own message names a position only for some of the errors.
 */
export function parseJson(text: string, what = 'The text'): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    if (text.length > MAX_SEARCHED) {
      throw new CastellanError('invalid_json', `${what} is not valid JSON, and too long to say where.`, { cause })
    }
    const offset = firstJsonError(text)
    const before = text.slice(0, offset)
    const line = before.split('\n').length
    const column = offset - before.lastIndexOf('\n')
    const found = offset >= text.length ? 'it ends too early' : `unexpected ${JSON.stringify(text[offset])}`
    throw new CastellanError('invalid_json', `${what} is not valid JSON: ${found} at line ${line}, column ${column}.`, {
      cause,
      detail: { line, column, offset },
    })
  }
}

const space = /[ \t\n\r]*/y
const scalar =
  /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y

/** Offset of the first character that no JSON text (RFC 8259) can have there; the length where the text ends too early. */
function firstJsonError(text: string): number {
  let offset = 0
  const skip = (pattern: RegExp): boolean => {
    pattern.lastIndex = offset
    const match = pattern.exec(text)
    if (match !== null) offset = pattern.lastIndex
    return match !== null
  }
  const eat = (character: string): boolean => {
    skip(space)
    if (text[offset] !== character) return false
    offset += 1
    return true
  }
  /** The closing brackets still owed, innermost last. */
  const open: ('}' | ']')[] = []
  const scalarOrBreak = (): boolean => {
    const start = offset
    const brokenAt = endOfBrokenScalar(text, start)
    if (skip(scalar) && offset >= brokenAt) return true
    offset = brokenAt
    return false
  }
  const key = (): boolean => {
    skip(space)
    return text[offset] === '"' && scalarOrBreak() && eat(':')
  }

  for (;;) {
    // A value starts here.
    skip(space)
    if (eat('{')) {
      if (!eat('}')) {
        if (!key()) return offset
        open.push('}')
        continue
      }
    } else if (eat('[')) {
      if (!eat(']')) {
        open.push(']')
        continue
      }
    } else if (!scalarOrBreak()) {
      return offset
    }
    // A value ended here.
    for (;;) {
      const close = open.at(-1)
      if (close === undefined) {
        skip(space)
        return offset
      }
      if (eat(close)) {
        open.pop()
        continue
      }
      if (!eat(',')) return offset
      if (close === '}' && !key()) return offset
      break
    }
  }
}

/** How far a text, number or word holds that may break off before it is whole: the place it breaks, not where it starts. */
function endOfBrokenScalar(text: string, start: number): number {
  const prefix =
    /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*(?:\\(?:u[0-9a-fA-F]{0,3})?)?|-?(?:0|[1-9]\d*)(?:\.(?:\d+(?:[eE][+-]?\d*)?)?|[eE][+-]?\d*)?|-|t(?:ru?)?|f(?:a(?:ls?)?)?|n(?:ul?)?/y
  prefix.lastIndex = start
  return prefix.exec(text) === null ? start : prefix.lastIndex
}
