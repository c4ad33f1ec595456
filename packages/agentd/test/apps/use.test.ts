import { expect, it } from 'vitest'
import { counted } from '../../src/apps/use.ts'

it.each([
  ['1234567', 1_234_567],
  ['0', 0],
  ['[not set]', null],
  ['18446744073709551615', null],
  [undefined, null],
  ['', null],
])('what systemd counts, %j, is %j', (text, number) => {
  expect(counted(text)).toBe(number)
})
