import { describe, expect, test } from 'vitest'
import { countdown, dayAndTime, exactTime, isTimestamp, relativeTime, shortTime } from '../../src/cards/time.ts'

const NOON = new Date(2026, 10, 21, 12).getTime()

test.each([
  [0, 'now'],
  [-4_000, 'now'],
  [-42_000, '42 seconds ago'],
  [-180_000, '3 minutes ago'],
  [7_300_000, 'in 2 hours'],
  [-86_400_000, 'yesterday'],
  // Noon and 37 hours is the day after tomorrow, early in the morning.
  [37 * 3_600_000, 'in 2 days'],
  [35 * 3_600_000, 'tomorrow'],
  [-37 * 3_600_000, '2 days ago'],
  [-800 * 86_400_000, '2 years ago'],
])('%d ms from now is "%s"', (distance, words) => {
  expect(relativeTime(NOON + distance, NOON)).toBe(words)
})

test('the day is left out when it is today', () => {
  expect(shortTime(NOON, NOON)).toBe('12:00:00')
  expect(shortTime(NOON - 86_400_000, NOON)).toBe('20 Nov 2026, 12:00:00')
  expect(exactTime(NOON)).toBe('21 Nov 2026, 12:00:00')
  expect(dayAndTime(NOON)).toBe('Sat, 21 Nov 2026, 12:00')
})

test.each([
  [600_000, '10:00'],
  [61_900, '1:01'],
  [900, '0:00'],
  [-5_000, '0:00'],
])('%d ms left read %s', (left, text) => {
  expect(countdown(left)).toBe(text)
})

describe('what counts as a time', () => {
  test.each(['2026-11-21T04:19:11.123Z', '2026-11-21T04:19:11Z'])('%s', (text) => expect(isTimestamp(text)).toBe(true))
  test.each(['2026-11-21', '2026-13-45T04:19:11Z', 'at 2026-11-21T04:19:11Z', ''])('not %j', (text) =>
    expect(isTimestamp(text)).toBe(false),
  )
})
