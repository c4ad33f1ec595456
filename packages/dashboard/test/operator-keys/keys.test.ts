import { expect, test } from 'vitest'
import { type OperatorKeyView, unchangeable } from '../../src/operator-keys/keys.ts'

function key(key_id: string, more: Partial<OperatorKeyView> = {}): OperatorKeyView {
  const enrolled = { enrolled_at: '2026-11-21T03:00:00.000Z', enrolled_by: 'sign_in' } as const
  return {
    key_id: key_id as OperatorKeyView['key_id'],
    name: key_id,
    person: 'owner',
    kind: 'ed25519',
    ...enrolled,
    ...more,
  }
}

const own = key('opk_own')

test.each([
  ['another key of the same person', key('opk_other'), own, true, null],
  ['its own name', own, own, false, null],
  ['itself', own, own, true, 'itself'],
  ['another person’s', key('opk_other', { person: 'Bob' }), own, true, 'other_person'],
  ['another person’s name', key('opk_other', { person: 'Bob' }), own, false, 'other_person'],
  ['a declared one', key('opk_other', { enrolled_by: 'configuration' }), own, true, 'declared'],
  ['any without a key here', key('opk_other'), undefined, true, 'no_key'],
] as const)('a key changes %s as agentd would have it', (_, item, by, removing, why) => {
  expect(unchangeable(item, by, removing)).toBe(why)
})
