import { z } from 'zod'
import { OperatorKeyId, Timestamp } from '../ids.ts'
import { PasskeyAssertion } from '../operators.ts'

/**
 * An operator's word about something that is no approval: an enrolled key's `signature` (Ed25519, base64) or a passkey's `assertion` over
 * a text that each operation describes. It serves once.
 */
export const SignedWord = z.strictObject({
  /** When it was signed, at most five minutes ago. */
  at: Timestamp,
  key_id: OperatorKeyId,
  signature: z.base64().optional(),
  assertion: PasskeyAssertion.optional(),
})
export type SignedWord = z.infer<typeof SignedWord>

/** What an operation that takes such a word can be refused with. */
export const SIGNED_ERRORS = [
  'signature_invalid',
  'operator_unknown',
  'ledger_unavailable',
  'ledger_damaged',
  'agentd_unavailable',
] as const

/** For the examples of those operations. */
export const signedExample = {
  at: '2026-11-21T03:00:00.000Z',
  key_id: 'opk_hB9mWkqzP0aYt3Q2',
  signature: 'c2lnbmVk',
} as const
