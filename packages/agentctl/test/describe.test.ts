import { expect, test } from 'vitest'
import { bytes, duration, plural } from '../src/describe.ts'

test.each([
  [plural(0, 'thread'), '0 threads'],
  [plural(1, 'thread'), '1 thread'],
  [plural(16, 'core'), '16 cores'],
  [duration(1.9), '1 second'],
  [duration(-1), '0 seconds'],
  [duration(7300), '2 hours'],
  [bytes(1), '1 B'],
  [bytes(4_500), '4.5 KB'],
])('%s', (said, words) => {
  expect(said).toBe(words)
})
