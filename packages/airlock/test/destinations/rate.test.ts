import type { Destination } from '@castellan/contracts'
import { expect, test } from 'vitest'
import { Rates } from '../../src/destinations/rate.ts'

const entry = (id: string, per_minute: number): Destination => ({
  id,
  host: 'api.test',
  scheme: 'https',
  port: 443,
  path: '/',
  reach: 'public',
  per_minute,
  from: 'operator',
  added_at: '2026-11-21T10:00:00.000Z',
})

test('an entry lets through what it may in a minute, then says when there is room', () => {
  let now = 0
  const rates = new Rates(() => now)
  const slow = entry('dst_slowslow', 6)
  for (let turn = 0; turn < 6; turn++) rates.spend(slow)
  expect(() => rates.spend(slow)).toThrow(expect.objectContaining({ code: 'rate_limited', retryAfterSeconds: 10 }))
  now += 9_999
  expect(() => rates.spend(slow)).toThrow(expect.objectContaining({ retryAfterSeconds: 1 }))
  now += 1
  rates.spend(slow)
  now += 3_600_000
  for (let turn = 0; turn < 6; turn++) rates.spend(slow)
  expect(() => rates.spend(slow)).toThrow()
})

test('entries do not take from each other', () => {
  const rates = new Rates(() => 0)
  rates.spend(entry('dst_oneoneone', 1))
  rates.spend(entry('dst_twotwotwo', 1))
  expect(() => rates.spend(entry('dst_oneoneone', 1))).toThrow()
})
