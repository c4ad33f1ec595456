import { Cron } from 'croner'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { nextRuns, patternOf } from '../../src/routines/cron.ts'

/** As agentd reads a pattern (agentd/src/routines/timing.ts). */
function asAgentd(cron: string, timezone: string, after: number): number[] {
  const job = new Cron(cron, { timezone, mode: '5-part', paused: true, fixedTimeRule: 'no-wildcard' })
  return job.nextRuns(5, new Date(after)).map((moment) => moment.getTime())
}

const ours = (cron: string, timezone: string, after: number) => {
  const pattern = patternOf(cron)
  return pattern === null ? null : [...nextRuns(pattern, timezone, after, 5)]
}

/** A field in one of the ways that people write one. */
function field(least: number, most: number): fc.Arbitrary<string> {
  const number = fc.integer({ min: least, max: most })
  const span = fc.tuple(number, number).map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`)
  return fc.oneof(
    { weight: 3, arbitrary: fc.constant('*') },
    number.map(String),
    fc.tuple(number, number).map(String),
    span,
    fc.tuple(span, fc.integer({ min: 1, max: 5 })).map(([from, by]) => `${from}/${by}`),
    fc.integer({ min: 1, max: most - least }).map((by) => `*/${by}`),
  )
}

const pattern = fc
  .tuple(
    field(0, 59),
    fc.oneof(field(0, 23), fc.constantFrom('2', '1-3', '0')),
    field(1, 31),
    field(1, 12),
    field(0, 6),
  )
  .map((fields) => fields.join(' '))
// Not Pacific/Chatham, 45 minutes off the hour: there croner lets a time come twice that the clocks repeat.
const timezone = fc.constantFrom(
  ...['UTC', 'Europe/Berlin', 'America/New_York', 'America/St_Johns', 'America/Santiago', 'Asia/Kolkata'],
  ...['Australia/Lord_Howe', 'Africa/Casablanca'],
)
/** Evenings before clocks are changed somewhere, and any other time. */
const after = fc
  .tuple(
    fc.constantFrom(
      Date.UTC(2027, 2, 13, 20),
      Date.UTC(2027, 2, 27, 20),
      Date.UTC(2027, 9, 30, 20),
      Date.UTC(2027, 3, 3, 5),
    ),
    fc.integer({ min: 0, max: 200_000 }),
  )
  .map(([evening, minutes]) => evening + minutes * 60_000)

test('what the page says comes is what agentd does, over changes of the clocks too', () => {
  fc.assert(
    fc.property(pattern, timezone, after, (cron, zone, from) => {
      expect(ours(cron, zone, from)).toEqual(asAgentd(cron, zone, from))
    }),
    { numRuns: 300 },
  )
})

test.each([
  '30 2 * * *',
  '*/20 2 * * *',
  '0 2,3 28 3 *',
  '30 1 * * *',
  '15 0 29 2 *',
  '0 0 1 1 *',
  '0 0 31 2 *',
  '@weekly',
  '0 9 * jan-mar mon-fri',
])('%s is as agentd has it on the days on which clocks are changed', (cron) => {
  for (const evening of [Date.UTC(2027, 2, 27, 12), Date.UTC(2027, 9, 30, 12), Date.UTC(2096, 1, 29, 12)]) {
    expect(ours(cron, 'Europe/Berlin', evening)).toEqual(asAgentd(cron, 'Europe/Berlin', evening))
  }
})

test('a text that it reads is a pattern for agentd, too', () => {
  const text = fc.string({ unit: fc.constantFrom(...'0123456789*/,- @abcdefjlmnorstuwy'), maxLength: 24 })
  fc.assert(
    fc.property(text, (cron) => patternOf(cron) === null || asAgentd(cron, 'UTC', 0).length >= 0),
    { numRuns: 2000 },
  )
})
