import { FormatError } from './error.ts'
import { proseText } from './text.ts'

export type JsonValue = string | number | boolean | null | readonly JsonValue[] | Map<string, JsonValue>

export interface JsonLimits {
  /** Objects and lists within each other. */
  readonly depth: number
  /** Entries of one object or list. */
  readonly entries: number
}

/** A number as JSON writes it (RFC 8259, section 6). */
const NUMBER = /-?(?:0|[1-9]\d{0,20})(?:\.\d{1,20})?(?:[eE][+-]?\d{1,3})?/y
const LITERALS = [
  ['true', true],
  ['false', false],
  ['null', null],
] as const

/**
 * JSON (RFC 8259) as a machine writes it: no key twice, no lone surrogate, nothing behind the value, objects as maps so that no
 * key means anything to the language. `JSON.parse` would let the last of two equal keys win, where another reader takes the
 * first. Throws `bad_json`, `bad_text`, `duplicate`, `too_many`.
 */
export function parseJson(bytes: Uint8Array, limits: JsonLimits): JsonValue {
  const parser = new Parser(proseText(bytes, 'JSON', 0), limits)
  return parser.whole()
}

class Parser {
  readonly #text: string
  readonly #limits: JsonLimits
  #at = 0

  constructor(text: string, limits: JsonLimits) {
    this.#text = text
    this.#limits = limits
  }

  whole(): JsonValue {
    const value = this.#value(0)
    this.#space()
    if (this.#at === this.#text.length) return value
    throw this.#bad('has something behind its end')
  }

  #value(depth: number): JsonValue {
    if (depth > this.#limits.depth) throw this.#bad(`nests deeper than ${this.#limits.depth}`)
    this.#space()
    const first = this.#text[this.#at]
    if (first === '{') return this.#object(depth)
    if (first === '[') return this.#list(depth)
    if (first === '"') return this.#string()
    for (const [word, value] of LITERALS) {
      if (this.#text.startsWith(word, this.#at)) {
        this.#at += word.length
        return value
      }
    }
    return this.#number()
  }

  #object(depth: number): Map<string, JsonValue> {
    const object = new Map<string, JsonValue>()
    this.#at += 1
    if (this.#next('}')) return object
    do {
      this.#space()
      const key = this.#string()
      if (object.has(key)) throw new FormatError('duplicate', `has the key ${JSON.stringify(key.slice(0, 80))} twice`)
      if (!this.#next(':')) throw this.#bad('has a key without a value')
      object.set(key, this.#value(depth + 1))
      this.#refuseMore(object.size)
    } while (this.#next(','))
    if (this.#next('}')) return object
    throw this.#bad('has an object that does not end')
  }

  #list(depth: number): JsonValue[] {
    const list: JsonValue[] = []
    this.#at += 1
    if (this.#next(']')) return list
    do {
      list.push(this.#value(depth + 1))
      this.#refuseMore(list.length)
    } while (this.#next(','))
    if (this.#next(']')) return list
    throw this.#bad('has a list that does not end')
  }

  #string(): string {
    const start = this.#at
    if (this.#text[start] !== '"') throw this.#bad('has no text where one has to be')
    let end = start + 1
    while (end < this.#text.length && this.#text[end] !== '"') end += this.#text[end] === '\\' ? 2 : 1
    const raw = this.#text.slice(start, end + 1)
    this.#at = end + 1
    try {
      // The quotes are balanced by now, so this reads exactly one text.
      const text: unknown = JSON.parse(raw)
      if (typeof text === 'string' && text.isWellFormed()) return text
    } catch {
      // Said below.
    }
    throw this.#bad('has a text that is none')
  }

  #number(): number {
    NUMBER.lastIndex = this.#at
    const found = NUMBER.exec(this.#text)?.[0]
    const value = Number(found)
    if (found === undefined || !Number.isFinite(value)) throw this.#bad('has something that is no value')
    this.#at += found.length
    return value
  }

  #next(character: string): boolean {
    this.#space()
    if (this.#text[this.#at] !== character) return false
    this.#at += 1
    return true
  }

  #space(): void {
    for (;;) {
      const code = this.#text.charCodeAt(this.#at)
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return
      this.#at += 1
    }
  }

  #refuseMore(size: number): void {
    if (size > this.#limits.entries) throw new FormatError('too_many', `has more than ${this.#limits.entries} entries`)
  }

  #bad(what: string): FormatError {
    return new FormatError('bad_json', `is no proper JSON: it ${what} (character ${this.#at})`)
  }
}
