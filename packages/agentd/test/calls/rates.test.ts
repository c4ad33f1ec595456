import type { AgentName, SessionId } from '@castellan/contracts'
import { beforeEach, expect, test } from 'vitest'
import { Rates } from '../../src/calls/rates.ts'
import type { Sighting } from '../../src/incidents/sighting.ts'

const tool = { name: 'disk_usage', limits: { perMinute: 6 } }
let sightings: Sighting[] = []
beforeEach(() => {
  sightings = []
})

function rates(now: () => number): Rates {
  const incidents = { raise: (sighting: Sighting) => sightings.push(sighting) }
  return new Rates(incidents, now)
}

function caller(session = '0123456789', agent = 'main') {
  return { session: `ses_${session}` as SessionId, agent: agent as AgentName }
}

test('a full bucket holds a minute of calls and fills evenly', () => {
  let now = 0
  const limits = rates(() => now)
  for (let i = 0; i < 6; i += 1) limits.take(caller(), tool)
  expect(() => limits.take(caller(), tool)).toThrow('Try again in 10 s.')
  now = 9_999
  expect(() => limits.take(caller(), tool)).toThrow('Try again in 1 s.')
  now = 10_000
  limits.take(caller(), tool)
  expect(() => limits.take(caller(), tool)).toThrow()
})

test('inventing sessions takes no more memory and lets no session off', () => {
  let now = 0
  const limits = rates(() => now)
  for (let i = 0; i < 20_000; i += 1) limits.take(caller(`session${i}`, `agent${i % 10_000}`), tool)
  now = 1
  for (let i = 0; i < 5; i += 1) limits.take(caller('session19999', 'agent9999'), tool)
  expect(() => limits.take(caller('session19999', 'agent9999'), tool)).toThrow('more than 6 times')
})

test('inventing sessions lets no agent off, and inventing agents nobody', () => {
  const limits = rates(() => 0)
  for (let i = 0; i < 24; i += 1) limits.take(caller(`session${i}`), tool)
  expect(() => limits.take(caller('session24'), tool)).toThrow('Agent main called disk_usage more than 24 times')
  const often = { name: 'memory_usage', limits: { perMinute: 100_000 } }
  const others = rates(() => 0)
  for (let i = 0; i < 24_000; i += 1) others.take(caller(`session${i}`, `agent${i}`), often)
  expect(() => others.take(caller('fresh00000', 'fresh'), often)).toThrow('All agents together')
})

test('a burst raises an incident each time it is refused, always about the same', () => {
  const limits = rates(() => 0)
  for (let i = 0; i < 6; i += 1) limits.take(caller(), tool)
  expect(sightings).toEqual([])
  for (let i = 0; i < 3; i += 1) expect(() => limits.take(caller(), tool)).toThrow()
  expect(new Set(sightings.map(({ class: of, subject }) => `${of} ${subject}`))).toEqual(
    new Set(['tool_call_burst main disk_usage']),
  )
})
