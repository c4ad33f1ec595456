import { z } from 'zod'
import { OperatorKeyId, Timestamp } from '../ids.ts'
import { defineOperation } from './operation.ts'

/** By a one-time code, an enrolled key or passkey, or the passphrase. */
export const SignInMethod = z.enum(['code', 'passkey', 'passphrase'])
export type SignInMethod = z.infer<typeof SignInMethod>

const SignInId = z.string().regex(/^page-[0-9a-f]{12}$/, 'must look like page-0123456789ab')

/** A browser that is signed in. */
export const SignInView = z.strictObject({
  sign_in_id: SignInId,
  how: SignInMethod,
  /** The operator key it signs with; null where it cannot approve. */
  key_id: OperatorKeyId.nullable(),
  /** From where it signed in; null where that was not noted. */
  address: z.string().nullable(),
  created_at: Timestamp,
  /** To within an hour. */
  last_used_at: Timestamp,
  /** The one that asks. */
  current: z.boolean(),
})
export type SignInView = z.infer<typeof SignInView>

/** Counted in characters once it is normalised (NFKC). Length is what makes a passphrase good, so nothing else is asked. */
export const Passphrase = z.string().min(12).max(256)

export const PassphraseSetting = z.strictObject({
  passphrase: Passphrase,
  /** The one in force; asked of a page that replaces one. */
  current: Passphrase.optional(),
})
export type PassphraseSetting = z.infer<typeof PassphraseSetting>

const example: z.input<typeof SignInView> = {
  sign_in_id: 'page-0123456789ab',
  how: 'passkey',
  key_id: 'opk_l7XhJ0f3T3m4Yz1Q',
  address: '192.0.2.7',
  created_at: '2026-11-21T03:00:00.000Z',
  last_used_at: '2026-11-21T04:00:00.000Z',
  current: true,
}

export const listSignIns = defineOperation({
  id: 'listSignIns',
  method: 'GET',
  path: '/api/v1/sign-ins',
  tag: 'sign-ins',
  summary: 'The browsers that are signed in, used last first',
  scope: 'admin',
  status: 200,
  answer: z.strictObject({ items: z.array(SignInView), passphrase_set: z.boolean() }),
  errors: [],
  example: { answer: { items: [example], passphrase_set: false } },
})

export const revokeSignIn = defineOperation({
  id: 'revokeSignIn',
  method: 'DELETE',
  path: '/api/v1/sign-ins/{sign_in_id}',
  tag: 'sign-ins',
  summary: 'Signs a browser out',
  description: 'Its sockets close before their next frame.',
  scope: 'admin',
  params: z.strictObject({ sign_in_id: SignInId }),
  status: 204,
  errors: ['not_found'],
  example: { params: { sign_in_id: 'page-0123456789ab' } },
})

export const setPassphrase = defineOperation({
  id: 'setPassphrase',
  method: 'PUT',
  path: '/api/v1/sign-in-passphrase',
  tag: 'sign-ins',
  summary: 'Sets or replaces the passphrase that signs a browser in',
  description:
    'Kept as argon2id (64 MiB, 3 passes) under a key of the gateway. A browser that it lets in can do what the page does; ' +
    'calls are approved by keys, never by a passphrase. A page has to name the passphrase that it replaces.',
  scope: 'admin',
  body: PassphraseSetting,
  status: 204,
  errors: ['forbidden', 'ledger_unavailable', 'sign_in_failed'],
  example: { body: { passphrase: 'correct horse battery staple' } },
})

export const removePassphrase = defineOperation({
  id: 'removePassphrase',
  method: 'DELETE',
  path: '/api/v1/sign-in-passphrase',
  tag: 'sign-ins',
  summary: 'Removes the passphrase; codes and keys still sign in',
  description: 'Only with the owner’s token: a page that could remove it could set another one without naming it.',
  scope: 'admin',
  status: 204,
  errors: ['forbidden', 'ledger_unavailable', 'not_found'],
  example: {},
})
