import { z } from 'zod'
import { CredentialDraft, CredentialSecret, CredentialTest, CredentialView } from '../credentials.ts'
import type { ErrorCode } from '../errors.ts'
import { CredentialId } from '../ids.ts'
import { defineOperation } from './operation.ts'

const params = z.strictObject({ credential_id: CredentialId })
const example = { credential_id: 'cred_l7XhJ0f3T3m4Yz1Q' }

/** Why the store may refuse whatever is asked of it. */
export const STORE_REFUSALS = [
  'credentials_locked',
  'credential_store_missing',
  'credential_store_truncated',
  'credential_store_corrupt',
  'credential_store_swapped',
  'credential_store_foreign',
  'credential_store_rolled_back',
  'credential_store_unsupported',
  'agentd_unavailable',
] as const satisfies readonly ErrorCode[]

const CHANGES = [...STORE_REFUSALS, 'ledger_unavailable', 'disk_full'] as const

const view = {
  id: 'cred_l7XhJ0f3T3m4Yz1Q',
  provider: 'anthropic',
  auth: 'api_key',
  label: 'work',
  base_url: null,
  preview: 'QAAA',
  state: 'healthy',
  version: 1,
  created_at: '2026-11-21T10:00:00.000Z',
  rotated_at: null,
  revoked_at: null,
  last_used_at: '2026-11-21T11:30:00.000Z',
  cooling_down: null,
  last_test: null,
} as const

export const CredentialListing = z.strictObject({ items: z.array(CredentialView) })

export const listCredentials = defineOperation({
  id: 'listCredentials',
  method: 'GET',
  path: '/api/v1/credentials',
  tag: 'credentials',
  summary: 'The credentials of model providers',
  description: 'All of them, at most 64, oldest first. Of a secret only its last four characters are shown.',
  scope: 'read',
  status: 200,
  answer: CredentialListing,
  errors: STORE_REFUSALS,
  example: { answer: { items: [view] } },
})

export const getCredential = defineOperation({
  id: 'getCredential',
  method: 'GET',
  path: '/api/v1/credentials/{credential_id}',
  tag: 'credentials',
  summary: 'One credential',
  scope: 'read',
  params,
  status: 200,
  answer: CredentialView,
  errors: ['credential_unknown', ...STORE_REFUSALS],
  example: { params: example, answer: view },
})

export const createCredential = defineOperation({
  id: 'createCredential',
  method: 'POST',
  path: '/api/v1/credentials',
  tag: 'credentials',
  summary: 'Keep a credential',
  description:
    'The secret has at most 4,096 bytes, is encrypted before it is on disk, and never comes back. What a known provider would ' +
    'never have given out is refused: OpenAI’s keys begin with `sk-`, Anthropic’s with `sk-ant-`, OpenRouter’s with `sk-or-`. ' +
    'Any other provider needs a `base_url`.',
  scope: 'admin',
  body: CredentialDraft,
  status: 201,
  answer: CredentialView,
  creates: true,
  errors: ['credential_invalid', 'credentials_full', ...CHANGES],
  example: {
    body: { provider: 'anthropic', label: 'work', secret: 'sk-ant-api03-example' },
    answer: { ...view, preview: 'mple', last_used_at: null },
  },
})

export const testCredential = defineOperation({
  id: 'testCredential',
  method: 'POST',
  path: '/api/v1/credentials/{credential_id}/test',
  tag: 'credentials',
  summary: 'Ask a credential’s provider for one token',
  description:
    'A small request that costs next to nothing, through the airlock, to which the provider’s address has to be allowed. `model` is ' +
    'a cheap one of the provider without it. Always 200 where the question could be asked: `ok` says how it went.',
  scope: 'admin',
  params,
  body: z.strictObject({
    model: z
      .string()
      .max(200)
      .regex(/^[A-Za-z0-9][A-Za-z0-9._:/@+-]*$/)
      .optional(),
  }),
  status: 200,
  answer: CredentialTest,
  errors: ['credential_unknown', 'credential_revoked', ...STORE_REFUSALS],
  example: {
    params: example,
    body: {},
    answer: { ok: true, code: null, message: 'anthropic answered.', model: 'claude-haiku-4-5', duration_ms: 640 },
  },
})

export const rotateCredential = defineOperation({
  id: 'rotateCredential',
  method: 'PUT',
  path: '/api/v1/credentials/{credential_id}/secret',
  tag: 'credentials',
  summary: 'Put another secret in the place of a credential’s',
  description:
    'The old value is overwritten: uses that begin after the answer have the new one. A cool-down ends with it.',
  scope: 'admin',
  params,
  body: z.strictObject({ secret: CredentialSecret }),
  status: 200,
  answer: CredentialView,
  errors: ['credential_unknown', 'credential_revoked', 'credential_invalid', ...CHANGES],
  example: {
    params: example,
    body: { secret: 'sk-ant-api03-another' },
    answer: { ...view, preview: 'ther', version: 2, rotated_at: '2026-11-21T12:00:00.000Z' },
  },
})

export const revokeCredential = defineOperation({
  id: 'revokeCredential',
  method: 'POST',
  path: '/api/v1/credentials/{credential_id}/revoke',
  tag: 'credentials',
  summary: 'Destroy a credential’s secret and keep its entry',
  description: 'Nothing uses it from then on. The provider still takes it until it is revoked there as well.',
  scope: 'admin',
  params,
  status: 200,
  answer: CredentialView,
  errors: ['credential_unknown', ...CHANGES],
  example: { params: example, answer: { ...view, state: 'revoked', revoked_at: '2026-11-21T12:00:00.000Z' } },
})

export const deleteCredential = defineOperation({
  id: 'deleteCredential',
  method: 'DELETE',
  path: '/api/v1/credentials/{credential_id}',
  tag: 'credentials',
  summary: 'Delete a credential',
  scope: 'admin',
  params,
  status: 204,
  errors: ['credential_unknown', ...CHANGES],
  example: { params: example },
})
