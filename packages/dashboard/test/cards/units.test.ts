import { expect, test } from 'vitest'
import { bytes, duration, plainNumber } from '../../src/cards/units.ts'

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [999.6, '1 kB'],
  [1234, '1.2 kB'],
  [22_000_000_000, '22 GB'],
  [9_960_000, '10 MB'],
  [271_400_000_000_000, '271 TB'],
])('%d bytes are %s', (value, text) => {
  expect(bytes(value)).toBe(text)
})

test.each([
  [0, '0 ms'],
  [12, '12 ms'],
  [1200, '1.2 s'],
  [59_900, '60 s'],
  [65_000, '1 min 5 s'],
  [3_600_000, '1 h'],
  [273_600_000, '3 d 4 h'],
  [-65_000, '−1 min 5 s'],
])('%d ms are %s', (value, text) => {
  expect(duration(value)).toBe(text)
})

test('numbers are not grouped, as ports and process ids are numbers too', () => {
  expect(plainNumber(18789)).toBe('18789')
  expect(plainNumber(4.816)).toBe('4.82')
})
