import fc from 'fast-check'
import { expect, test } from 'vitest'
import { moved, ticks, upToNow, zoomed } from '../../src/timeline/window.ts'

const NOW = Date.parse('2026-11-21T12:00:00Z')
const aWindow = fc
  .tuple(fc.integer({ min: 0, max: NOW }), fc.integer({ min: 600_000, max: 366 * 86_400_000 }))
  .map(([from, span]) => ({ from, to: from + span }))

test('the moment one zooms about stays where it is', () => {
  fc.assert(
    fc.property(aWindow, fc.double({ min: 0.1, max: 0.9, noNaN: true }), (window, share) => {
      const about = window.from + (window.to - window.from) * share
      const next = zoomed(window, 0.5, about)
      expect((about - next.from) / (next.to - next.from)).toBeCloseTo(share, 6)
    }),
  )
})

test('nobody gets far past now, and there is an end to zooming', () => {
  expect(moved(upToNow(3_600_000, NOW), 5, NOW).to).toBeLessThan(NOW + 3_600_000)
  let window = upToNow(86_400_000, NOW)
  for (let times = 0; times < 30; times += 1) window = zoomed(window, 0.5)
  expect(window.to - window.from).toBe(600_000)
})

test('the axis names a handful of moments, all of them on it', () => {
  fc.assert(
    fc.property(aWindow, (window) => {
      const at = ticks(window)
      expect(at.length).toBeLessThanOrEqual(8)
      for (const each of at) expect(each >= window.from && each <= window.to).toBe(true)
    }),
  )
})
