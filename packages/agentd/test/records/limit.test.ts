import { expect, it } from 'vitest'
import { RecordLimit } from '../../src/records/limit.ts'

it('lets a minute’s worth through at once, then as many as the time that passes', () => {
  let now = 0
  const limit = new RecordLimit(60, () => now)
  for (let n = 0; n < 60; n += 1) limit.take('gateway')
  expect(() => limit.take('gateway')).toThrow(expect.objectContaining({ code: 'rate_limited', retryAfterSeconds: 1 }))
  now = 2_000
  limit.take('gateway')
  limit.take('gateway')
  expect(() => limit.take('gateway')).toThrow(/more than 60 events/)
})

it('counts each process by itself', () => {
  const limit = new RecordLimit(1, () => 0)
  limit.take('gateway')
  limit.take('airlock')
  expect(() => limit.take('airlock')).toThrow('airlock')
})
