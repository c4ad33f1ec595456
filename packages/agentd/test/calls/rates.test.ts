import type { SessionId } from '@castellan/contracts'
import { expect, test } from 'vitest'
import { Rates } from '../../src/calls/rates.ts'

const tool = { name: 'disk_usage', limits: { perMinute: 6 } }
const session = 'ses_0123456789' as SessionId

test('a full bucket holds a minute of calls and fills evenly', () => {
  let now = 0
  const rates = new Rates(() => now)
  for (let i = 0; i < 6; i += 1) rates.take(session, tool)
  expect(() => rates.take(session, tool)).toThrow('Try again in 10 s.')
  now = 9_999
  expect(() => rates.take(session, tool)).toThrow('Try again in 1 s.')
  now = 10_000
  rates.take(session, tool)
  expect(() => rates.take(session, tool)).toThrow()
})

test('inventing sessions takes no more memory and lets no session off', () => {
  let now = 0
  const rates = new Rates(() => now)
  for (let i = 0; i < 20_000; i += 1) rates.take(`ses_${i}` as SessionId, tool)
  now = 1
  for (let i = 0; i < 5; i += 1) rates.take('ses_19999' as SessionId, tool)
  expect(() => rates.take('ses_19999' as SessionId, tool)).toThrow('more than 6 times')
})
