import type { CastellanError } from '@castellan/contracts'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseJson } from '../src/index.ts'

function refusal(text: string): CastellanError {
  try {
    parseJson(text)
  } catch (error) {
    return error as CastellanError
  }
  throw new Error(`${text} was taken`)
}

test.each([
  ['{"a":1,}', 1, 8],
  ['{"a" 1}', 1, 6],
  ['[1, 2,, 3]', 1, 7],
  ['{"a": tru}', 1, 10],
  ['nul', 1, 4],
  ['"ab\\x"', 1, 5],
  ['{"a\\u12": 1}', 1, 8],
  ['{"a": 01}', 1, 8],
  ['[1] x', 1, 5],
  ['{\n  "a": 1\n  "b": 2\n}', 3, 3],
  ["{'a': 1}", 1, 2],
  ['', 1, 1],
  ['[1, 2', 1, 6],
])('%j breaks at line %i, column %i', (text, line, column) => {
  const error = refusal(text)
  expect(error.code).toBe('invalid_json')
  expect(error.detail).toMatchObject({ line, column })
})

test('the sentence names what stands there', () => {
  expect(refusal('{"a":1,}').message).toBe('The text is not valid JSON: unexpected "}" at line 1, column 8.')
  expect(refusal('[1').message).toContain('it ends too early')
})

test('whatever JSON.parse takes is taken, and gives the same value', () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      expect(parseJson(text)).toEqual(JSON.parse(text))
    }),
  )
})

test('a broken text is refused at a place inside it, and the text before that place could still become JSON', () => {
  fc.assert(
    fc.property(fc.json(), fc.nat(), fc.constantFrom('}', ']', ',', ':', '\u0000', 'x'), (json, at, intruder) => {
      const cut = at % (json.length + 1)
      const text = json.slice(0, cut) + intruder + json.slice(cut)
      try {
        JSON.parse(text)
      } catch {
        const { offset } = refusal(text).detail as { offset: number }
        // What came before the intruder was fine, so the complaint cannot be about it.
        expect(offset).toBeGreaterThanOrEqual(Math.min(cut, text.length))
        expect(offset).toBeLessThanOrEqual(text.length)
      }
    }),
  )
})
