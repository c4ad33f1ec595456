import { expect, test } from 'vitest'
import { isNotable, LedgerEntry, LedgerEntryType } from '../src/index.ts'

const entry = (more: object) => ({ ...LedgerEntry.parse(example), ...more }) as LedgerEntry

const example = {
  v: 1,
  index: 7,
  time: 1_795_230_000_012,
  prev: '0'.repeat(64),
  type: 'outcome',
  actor: { kind: 'agent', name: 'main' },
  session: 'ses_0aYt3Q2hB9mWkqzP',
  call_id: 'call_l7XhJ0f3T3m4Yz1Q',
  tool: 'file_write',
  effect: 'change',
  intent: 6,
  ok: true,
  duration_ms: 9,
}

test.each([
  ['a change that was made', {}, true],
  ['a change that failed', { ok: false }, true],
  ['a look', { effect: 'read' }, false],
  ['a look that failed', { effect: 'read', ok: false }, false],
  ['a beginning', { type: 'intent' }, false],
  ['a routine that went well', { type: 'routine_run', ok: true }, false],
  ['a routine that failed', { type: 'routine_run', ok: false }, true],
  ['a switch on its way', { type: 'switch_step', facts: { phase: 'probing' } }, false],
  ['a switch that was taken back', { type: 'switch_step', facts: { phase: 'rolled_back' } }, true],
  ['a refusal', { type: 'refused' }, true],
  ['a person’s yes', { type: 'approval_decided' }, true],
  ['a rule of policy', { type: 'policy_changed' }, true],
])('%s: %j is worth a look: %s', (_, more, notable) => {
  expect(isNotable(entry(more))).toBe(notable)
})

test('every type of entry is judged without failing', () => {
  for (const type of LedgerEntryType.options) expect(typeof isNotable(entry({ type }))).toBe('boolean')
})
