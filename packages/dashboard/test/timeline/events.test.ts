import { expect, test } from 'vitest'
import type { EntryRecord } from '../../src/entries/entry.ts'
import { marksOf } from '../../src/timeline/events.ts'

const record = (index: number, type: string, rest: Record<string, unknown> = {}) =>
  ({
    entry: { v: 1, index, time: 1_000 + index, prev: '', type, actor: { kind: 'system', name: 'agentd' }, ...rest },
    payload_state: 'none',
  }) as EntryRecord

test('an incident lies on one lane from its beginning to its end, and so does what went wrong', () => {
  const marks = marksOf(
    [
      record(1, 'incident_opened'),
      record(2, 'incident_recovery'),
      record(3, 'incident_resolved'),
      record(4, 'outcome', { effect: 'change', ok: true, tool: 'file_write' }),
      record(5, 'outcome', { effect: 'change', ok: false, tool: 'file_write' }),
      record(6, 'agents_frozen'),
      record(7, 'policy_changed'),
    ],
    [],
    [],
  )
  expect(marks.map(({ lane }) => lane)).toEqual([
    ...['incidents', 'incidents', 'incidents', 'acts', 'incidents', 'incidents', 'acts'],
  ])
})

test('a switch that is told of by itself is not told twice by its entries', () => {
  const switched = {
    ...{
      id: 'sw_0aYt3Q2hB9mW',
      phase: 'rolled_back',
      from: '/a',
      to: '/b',
      generation: 2,
      outcome: 'The network was gone.',
    },
    ...{ beganAt: '1970-01-01T00:00:01.000Z', enteredAt: '1970-01-01T00:00:02.000Z' },
  }
  const steps = [
    record(1, 'switch_step', { facts: { switch: switched.id, phase: 'rolled_back' } }),
    record(2, 'switch_step', { facts: { switch: 'sw_another00000', phase: 'committed' } }),
  ]
  const generations = [
    { number: 1, createdAt: '1970-01-01T00:00:00.500Z', current: true, nixosVersion: '26.05', path: '/a' },
    { number: 2, createdAt: '1970-01-01T00:00:01.500Z', current: false, nixosVersion: '26.05', path: '/b' },
  ] as unknown as Parameters<typeof marksOf>[1]
  const marks = marksOf(steps, generations, [switched])
  expect(marks.map(({ lane, id }) => [lane, id])).toEqual([
    ['generations', 'generation-1'],
    ['switches', 'entry-2'],
    ['generations', 'generation-2'],
    ['switches', switched.id],
  ])
  expect(marks.map(({ of }) => (of.kind === 'generation' ? of.before : undefined))).toEqual([
    null,
    undefined,
    1,
    undefined,
  ])
})
