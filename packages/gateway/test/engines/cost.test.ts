import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Tally } from '../../src/chat/tally.ts'
import { costOf } from '../../src/engines/cost.ts'
import type { Usage } from '../../src/engines/engine.ts'

const prices = { input: 3, output: 15, cache_read: 0.3, cache_write: 3.75 }
const usage = (rest: Partial<Usage> = {}): Usage => ({
  promptTokens: 1_000_000,
  outputTokens: 100_000,
  durationMs: 1,
  ...rest,
})

test('an answer costs what the owner’s prices say, cached input at its own price', () => {
  expect(costOf(usage(), prices)).toBeCloseTo(4.5)
  expect(costOf(usage({ cacheReadTokens: 500_000, cacheWriteTokens: 100_000 }), prices)).toBeCloseTo(
    0.4 * 3 + 0.15 + 0.375 + 1.5,
  )
  expect(costOf(usage({ cacheReadTokens: 500_000 }), { input: 3, output: 15 })).toBeCloseTo(4.5)
})

test('what is not known is null, and never a guess', () => {
  expect(costOf(usage(), null)).toBeNull()
  expect(costOf(usage({ promptTokens: null }), prices)).toBeNull()
  expect(costOf(usage({ cost: 0.25 }), null)).toBe(0.25)
  expect(costOf(usage({ cost: 0.25, outputTokens: null }), prices)).toBe(0.25)
})

test('a cost is never below zero', () => {
  const count = fc.option(fc.nat(10_000_000))
  fc.assert(
    fc.property(
      count,
      count,
      fc.nat(10_000_000),
      fc.nat(10_000_000),
      (promptTokens, outputTokens, cacheReadTokens, cacheWriteTokens) => {
        const cost = costOf({ promptTokens, outputTokens, cacheReadTokens, cacheWriteTokens, durationMs: 0 }, prices)
        expect(cost ?? 0).toBeGreaterThanOrEqual(0)
      },
    ),
  )
})

test('a turn of which one answer is unknown is unknown, and one on this machine is free', () => {
  const outside = { kind: 'openai', model: 'x', prices } as const
  const tally = new Tally(outside, 'api.example')
  expect(tally.frame()).toBeNull()
  tally.add(usage())
  expect(tally.frame()).toMatchObject({ answers: 1, prompt_tokens: 1_000_000, cost: 4.5, cached_tokens: null })
  tally.add(usage({ outputTokens: null }))
  expect(tally.frame()).toMatchObject({ answers: 2, prompt_tokens: 2_000_000, output_tokens: null, cost: null })
  const own = new Tally({ ...outside, prices: null }, null)
  own.add(usage())
  expect(own.frame()).toMatchObject({ cost: 0, host: null })
})
