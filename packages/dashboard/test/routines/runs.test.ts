import type { LedgerEntry } from '@castellan/contracts'
import { expect, test } from 'vitest'
import { joined, outcomeOfRun, runOf, turnOf } from '../../src/routines/runs.ts'
import type { Run } from '../../src/routines/views.ts'

const entry = (part: Partial<LedgerEntry>) =>
  ({
    v: 1,
    index: 7,
    time: Date.UTC(2026, 10, 21, 9),
    prev: '',
    actor: { kind: 'routine', name: 'health' },
    ...part,
  }) as LedgerEntry

test('an entry of a run is what routine_history would tell of it', () => {
  const facts = { trigger: 'schedule', calls: 2, made: 2, failed: 1 }
  const ran = entry({
    type: 'routine_run',
    ok: false,
    code: 'not_found',
    duration_ms: 12,
    facts,
    session: 'ses_0aYt3Q2hB9mW' as never,
  })
  expect(runOf(ran)).toEqual({
    index: 7,
    at: '2026-11-21T09:00:00.000Z',
    routine: 'health',
    trigger: 'schedule',
    ok: false,
    skipped: null,
    code: 'not_found',
    failedCalls: 1,
    durationMs: 12,
    session: 'ses_0aYt3Q2hB9mW',
  })
  expect(runOf(entry({ type: 'routine_skipped', facts: { reason: 'overlap' } }))).toMatchObject({
    ok: false,
    skipped: 'overlap',
  })
  expect(runOf(entry({ type: 'outcome' }))).toBeNull()
})

test('a run went well, failed, or did not happen', () => {
  const run = runOf(entry({ type: 'routine_run', ok: true })) as Run
  expect(outcomeOfRun(run)).toBe('good')
  expect(outcomeOfRun({ ...run, ok: false })).toBe('bad')
  expect(outcomeOfRun({ ...run, ok: false, skipped: 'missed' })).toBe('skipped')
})

test('runs that were read and runs that were heard of are each there once, newest first', () => {
  const run = (index: number) => runOf(entry({ type: 'routine_run', index: index as LedgerEntry['index'] })) as Run
  expect(joined([run(3), run(1)], [run(5), run(3)]).map(({ index }) => index)).toEqual([5, 3, 1])
})

test('a routine runs from its first call to the end of the run', () => {
  expect(turnOf(entry({ type: 'intent' }))).toEqual({ routine: 'health', running: true })
  expect(turnOf(entry({ type: 'routine_run' }))).toEqual({ routine: 'health', running: false })
  expect(turnOf(entry({ type: 'outcome' }))).toBeNull()
  expect(turnOf(entry({ type: 'intent', actor: { kind: 'agent', name: 'health' } }))).toBeNull()
})
