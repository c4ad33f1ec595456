import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkTiming, inWords, nextRun } from '../../src/routines/timing.ts'

const at = (text: string) => Date.parse(text)
const next = (cron: string, after: string, timezone = 'UTC') => {
  const found = nextRun({ cron, timezone }, at(after), 0)
  return found === undefined ? undefined : new Date(found).toISOString()
}

describe('a cron pattern', () => {
  it.each([
    ['15 0,7 * * 1-5', '2026-11-20T07:15:00Z', '2026-11-23T00:15:00.000Z'],
    ['15 0,7 * * 1-5', '2026-11-20T00:15:00Z', '2026-11-20T07:15:00.000Z'],
    ['*/5 * * * *', '2026-11-20T07:59:59Z', '2026-11-20T08:00:00.000Z'],
    ['0 0 29 2 *', '2026-01-01T00:00:00Z', '2028-02-29T00:00:00.000Z'],
    ['@daily', '2026-11-20T12:00:00Z', '2026-11-21T00:00:00.000Z'],
    ['0 9 * * mon', '2026-11-21T12:00:00Z', '2026-11-23T09:00:00.000Z'],
  ])('%s after %s is %s', (cron, after, expected) => {
    expect(next(cron, after)).toBe(expected)
  })

  it('is read in its time zone', () => {
    expect(next('0 7 * * *', '2026-07-01T12:00:00Z', 'Europe/Berlin')).toBe('2026-07-02T05:00:00.000Z')
    expect(next('0 7 * * *', '2026-12-01T12:00:00Z', 'Europe/Berlin')).toBe('2026-12-02T06:00:00.000Z')
  })

  it('runs once at a time that daylight saving skips, and once at one that it repeats', () => {
    // 29 March 2026, 02:00 CET is 03:00 CEST; 25 October 2026, 03:00 CEST is 02:00 CET.
    const spring = next('30 2 * * *', '2026-03-29T00:00:00Z', 'Europe/Berlin') as string
    expect(at(spring)).toBeGreaterThanOrEqual(at('2026-03-29T01:00:00Z'))
    expect(at(spring)).toBeLessThanOrEqual(at('2026-03-29T01:30:00Z'))
    const first = next('30 2 * * *', '2026-10-24T12:00:00Z', 'Europe/Berlin') as string
    const second = next('30 2 * * *', first, 'Europe/Berlin') as string
    expect(at(second) - at(first)).toBeGreaterThan(20 * 3_600_000)
  })

  it.each([
    ['61 * * * *', /no cron pattern/],
    ['* * * *', /five fields/],
    ['* * * * * *', /five fields/],
    ['rm -rf /', /no cron pattern/],
    ['0 0 30 2 *', /never comes/],
  ])('%s is refused', (cron, message) => {
    expect(() => checkTiming({ cron, timezone: 'UTC' }, at('2026-11-20T00:00:00Z'))).toThrow(message)
  })

  it.each(['61 * * * *', '* * * *', 'rm -rf /'])('%s is refused in sentences that end once', (cron) => {
    expect(() => checkTiming({ cron, timezone: 'UTC' }, 0)).toThrow(/no cron pattern: .*[^.]\. It has five fields/)
  })

  it('needs a time zone that exists', () => {
    expect(() => checkTiming({ cron: '@daily', timezone: 'Mars/Olympus' }, 0)).toThrow(/no time zone/)
  })
})

it('an interval comes next strictly later, in step with its anchor, within one interval', () => {
  fc.assert(
    fc.property(fc.integer({ min: 60, max: 86_400 }), fc.nat(1e9), fc.nat(1e9), (everySeconds, anchor, later) => {
      const after = anchor + later
      const found = nextRun({ everySeconds }, after, anchor) as number
      expect(found).toBeGreaterThan(after)
      expect(found - after).toBeLessThanOrEqual(everySeconds * 1000)
      expect((found - anchor) % (everySeconds * 1000)).toBe(0)
    }),
  )
})

it('tells an interval in the largest unit that fits', () => {
  expect([60, 300, 7200, 86_400, 90].map((everySeconds) => inWords({ everySeconds }))).toEqual([
    'every minute',
    'every 5 minutes',
    'every 2 hours',
    'every day',
    'every 90 seconds',
  ])
})
