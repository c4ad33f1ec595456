import type { AnswerOf, getRecovery } from '@castellan/contracts/api'
import { expect, test } from 'vitest'
import { effectsOf } from '../../src/security/recovery-effects.ts'
import { recovery as words } from '../../src/strings/recovery.ts'

type Incident = AnswerOf<typeof getRecovery>['incident']

const at = '2026-11-21T03:00:00.000Z'

function held(...containment: [Incident['containment'][number]['action'], Incident['containment'][number]['state']][]) {
  const incident = {
    ...{ id: 'inc_1', class: 'reported', subject: 'x', summary: 'x', severity: 'low', state: 'contained', count: 1 },
    ...{ firstAt: at, lastAt: at, steps: [], evidence: [] },
    containment: containment.map(([action, state]) => ({ action, state, at, by: 'rule', verified: '', ref: '' })),
  } as Incident
  return { incident }
}

test('a step says what it lifts, and what stays', () => {
  const plan = held(['freeze_agents', 'in_force'], ['airlock_off', 'in_force'], ['suspend_tokens', 'lifted'])
  expect(effectsOf(plan, { step: 'lift:freeze_agents' }, false)).toEqual([
    words.lifts.freeze_agents,
    words.stays.airlock_off,
    words.confirm.onRecord,
  ])
})

test('looking for the cause lifts nothing, and insisting says so', () => {
  const plan = held(['freeze_agents', 'applying'])
  expect(effectsOf(plan, { step: 'cause' }, false)).toEqual([
    ...words.confirm.cause,
    words.stays.freeze_agents,
    words.confirm.onRecord,
  ])
  expect(effectsOf(plan, { step: 'cause' }, true)).toContain(words.confirm.forced[0])
})
