import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  countSequence,
  type FinishedCall,
  findPatterns,
  MAX_SEQUENCE,
  MIN_SEQUENCE,
} from '../../src/learning/patterns.ts'

const MINUTE = 60_000

/** `a b c` in session `one`, a minute apart. */
function calls(session: string, tools: string, fromMs = 0): FinishedCall[] {
  return tools.split(' ').map((tool, index) => ({ session, tool, atMs: fromMs + index * MINUTE }))
}

const named = (patterns: ReturnType<typeof findPatterns>) =>
  patterns.map(({ tools, times, sessions }) => [tools.join(' '), times, sessions])

describe('patterns', () => {
  it('are sequences that came again, the longest that says it', () => {
    const all = [...calls('one', 'a b c x a b c'), ...calls('two', 'y a b c')]
    expect(named(findPatterns(all, 3))).toEqual([['a b c', 3, 2]])
  })

  it('keep a part that came more often than the whole', () => {
    const all = ['one', 'two', 'three'].flatMap((session) => calls(session, 'a b c')).concat(calls('four', 'a b'))
    expect(named(findPatterns(all, 3))).toEqual([
      ['a b c', 3, 3],
      ['a b', 4, 4],
    ])
  })

  it('do not reach over a pause of more than half an hour, nor over sessions', () => {
    const apart = [0, 1, 2].flatMap((at) => [
      { session: 'one', tool: 'a', atMs: at * 100 * MINUTE },
      { session: 'one', tool: 'b', atMs: (at * 100 + 31) * MINUTE },
    ])
    expect(findPatterns(apart, 2)).toEqual([])
    const mixed = [0, 1, 2].flatMap((at) => [
      { session: 'one', tool: 'a', atMs: at * MINUTE },
      { session: 'two', tool: 'b', atMs: at * MINUTE + 1 },
    ])
    expect(findPatterns(mixed, 2)).toEqual([])
  })

  it('take the same tool many times in a row as one', () => {
    expect(named(findPatterns(calls('one', 'a a a b x a b b x a b'), 3))).toContainEqual(['a b', 3, 1])
    expect(findPatterns(calls('one', 'a a a a a a'), 2)).toEqual([])
  })
})

describe('whatever was called', () => {
  const some = fc.array(
    fc.record({
      session: fc.constantFrom('one', 'two'),
      tool: fc.constantFrom('a', 'b', 'c'),
      atMs: fc.nat({ max: 60 * MINUTE }),
    }),
    { maxLength: 60 },
  )
  const sequence = fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 2, maxLength: 3 })
  const inOrder = some.map((list) => list.toSorted((left, right) => left.atMs - right.atMs))

  it('each pattern is as often there as it says, and no shorter than two or longer than five', () => {
    fc.assert(
      fc.property(inOrder, fc.integer({ min: 2, max: 4 }), (list, least) => {
        for (const { tools, times, sessions, lastAtMs } of findPatterns(list, least)) {
          expect(tools.length).toBeGreaterThanOrEqual(MIN_SEQUENCE)
          expect(tools.length).toBeLessThanOrEqual(MAX_SEQUENCE)
          expect(times).toBeGreaterThanOrEqual(least)
          expect(countSequence(list, tools)).toEqual({ times, sessions })
          expect(times * tools.length).toBeLessThanOrEqual(list.length)
          expect(list.some(({ atMs, tool }) => atMs === lastAtMs && tool === tools.at(-1))).toBe(true)
        }
      }),
    )
  })

  it('a sequence that came often enough is told, by itself or within a longer one that came as often', () => {
    fc.assert(
      fc.property(inOrder, sequence, (list, tools) => {
        const { times } = countSequence(list, tools)
        if (times < 2) return
        const key = ` ${tools.join(' ')} `
        expect(
          findPatterns(list, 2).some((found) => ` ${found.tools.join(' ')} `.includes(key) && found.times >= times),
        ).toBe(true)
      }),
    )
  })

  it('how sessions are interleaved makes no difference', () => {
    fc.assert(
      fc.property(inOrder, (list) => {
        const apart = ['one', 'two'].flatMap((session) => list.filter((call) => call.session === session))
        expect(findPatterns(apart, 2)).toEqual(findPatterns(list, 2))
      }),
    )
  })
})
