import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { normalise, prepareRequest } from '../../src/interpreter/request.ts'
import { numberOfRun, numberRuns, textOfRun } from '../../src/interpreter/spans.ts'

/** A tokenizer of one byte a token. */
const bytes = (text: string): number[] => [...Buffer.from(text)]
const oneByteEach = Array.from({ length: 256 }, () => 1)

describe('a request', () => {
  it.each([
    ['Show Me', 'show me'],
    ['it’s “quoted” – so', 'it\'s "quoted" - so'],
    ['tab\tand\nline', 'tab and line'],
    ['ÄÖ stay', 'ÄÖ stay'],
  ])('%j is read as %j', (typed, normal) => {
    expect(normalise(typed)).toBe(normal)
  })

  it('keeps every place when it is normalised', () => {
    fc.assert(fc.property(fc.string({ unit: 'grapheme' }), (text) => normalise(text).length === text.length))
  })

  it('finds its own words again from the tokens, whatever script they are in', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (typed) => {
        const request = prepareRequest(typed, bytes, oneByteEach)
        const whole = { start: 0, end: request.tokens.length }
        expect(textOfRun(request, whole)).toBe(request.text)
      }),
    )
  })

  it.each([
    ['the last ten lines', [10]],
    ['limit 25, port 8080', [25, 8080]],
    ['often tense', []],
    ['a dozen', [12]],
  ])('%j holds the numbers %j', (typed, numbers) => {
    const words = new Map([
      ['ten', 10],
      ['dozen', 12],
    ])
    const request = prepareRequest(typed, bytes, oneByteEach)
    const found = numberRuns(request, words).map((run) => numberOfRun(request, run, words))
    expect([...new Set(found)]).toEqual(numbers)
  })
})
