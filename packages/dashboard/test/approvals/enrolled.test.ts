import { expect, test } from 'vitest'
import { enrolledKeys } from '../../src/approvals/enrolled.ts'
import type { Entry } from '../../src/entries/entry.ts'

let index = 0
const entry = (type: string, key_id: string, name = key_id, kind = 'ed25519') => {
  index += 1
  return { index, time: index, type, facts: { key_id, name, kind } } as unknown as Entry
}

test('keys count from enrolment to revocation, under their newest name, in whatever order they are told', () => {
  const entries = [
    entry('operator_enrolled', 'a'),
    entry('operator_enrolled', 'b', 'Phone', 'passkey'),
    entry('operator_renamed', 'b', 'Old phone'),
    entry('operator_enrolled', 'c'),
    entry('operator_revoked', 'a'),
  ]
  const expected = [
    { id: 'c', name: 'c', passkey: false, at: 4 },
    { id: 'b', name: 'Old phone', passkey: true, at: 2 },
  ]
  expect(enrolledKeys(entries)).toEqual(expected)
  expect(enrolledKeys(entries.toReversed())).toEqual(expected)
})
