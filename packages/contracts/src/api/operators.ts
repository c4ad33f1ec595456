import { z } from 'zod'
import { OperatorKeyId } from '../ids.ts'
import { EnrolledKey, EnrolledKeys } from '../operator-keys.ts'
import { OperatorRenaming } from '../operators.ts'
import { defineOperation } from './operation.ts'
import { SIGNED_ERRORS, SignedWord, signedExample } from './signed.ts'

const key: z.input<typeof EnrolledKey> = {
  key_id: 'opk_l7XhJ0f3T3m4Yz1Q',
  name: 'Firefox on a laptop',
  person: 'owner',
  kind: 'passkey',
  enrolled_at: '2026-11-20T03:00:00.000Z',
  enrolled_by: 'sign_in',
  last_used_at: '2026-11-21T03:00:00.000Z',
}

const params = z.strictObject({ key_id: OperatorKeyId })
const errors = ['conflict', 'forbidden', ...SIGNED_ERRORS] as const

export const listOperatorKeys = defineOperation({
  id: 'listOperatorKeys',
  method: 'GET',
  path: '/api/v1/operators',
  tag: 'operators',
  summary: 'The keys and passkeys whose signature approves calls, oldest first',
  description:
    'Those in force: names, whose they are, since when, and when each last signed, to within ten minutes. Never the keys themselves. ' +
    'A browser enrols its own with a one-time code; other keys are enrolled by root, with `agentctl operator enroll`.',
  scope: 'read',
  status: 200,
  answer: EnrolledKeys,
  errors: ['agentd_unavailable'],
  example: { answer: { operators: [key] } },
})

export const removeOperatorKey = defineOperation({
  id: 'removeOperatorKey',
  method: 'POST',
  path: '/api/v1/operators/{key_id}/removal',
  tag: 'operators',
  summary: 'Revoke a key on the word of another key of the same person',
  description:
    'Signed over `castellan operator key v1`, `remove`, the id of the key and the time, a line each and each ended by a line feed. A key ' +
    'removes neither itself, so that one is always left, nor one of another person (`forbidden`), nor one that the host’s configuration ' +
    'declares. On record before it happens. What the key approved and nobody used is void; browsers that signed in with it are signed out.',
  scope: 'admin',
  params,
  body: SignedWord,
  status: 200,
  answer: EnrolledKey,
  errors,
  example: { params: { key_id: key.key_id }, body: signedExample, answer: key },
})

export const renameOperatorKey = defineOperation({
  id: 'renameOperatorKey',
  method: 'POST',
  path: '/api/v1/operators/{key_id}/name',
  tag: 'operators',
  summary: 'Give a key another name, on the word of a key of the same person',
  description: 'Signed as a removal is, with `rename`, the id and the name as JSON. A key may name itself.',
  scope: 'admin',
  params,
  body: SignedWord.extend(OperatorRenaming.shape),
  status: 200,
  answer: EnrolledKey,
  errors,
  example: {
    params: { key_id: key.key_id },
    body: { name: 'Old laptop', ...signedExample },
    answer: { ...key, name: 'Old laptop' },
  },
})
