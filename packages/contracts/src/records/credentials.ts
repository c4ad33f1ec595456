import { z } from 'zod'
import { CredentialId, Timestamp } from '../ids.ts'
import { Count, outcome, Word } from './fields.ts'

/** Identifies one state of the credential store: which store, and how often it was changed (docs/credential-store.md). */
const state = {
  /** 16 random bytes in hex, chosen when the store was made. */
  store: z.string().regex(/^[0-9a-f]{32}$/, 'must be 32 lower-case hex digits'),
  generation: z.int().min(1),
  /** The same when a record is sent again because nobody knows whether it arrived. */
  event: z.string().regex(/^[A-Za-z0-9_-]{16}$/, 'must be 16 characters of base64url'),
}

const one = { credential: CredentialId, provider: Word }

/** Records that go with a change of the store: the newest `generation` in the ledger is the store's high-water mark. */
export const credentialChanges = [
  z.strictObject({ type: z.literal('credential_store_made'), ...state }),
  /** A store came from elsewhere, with a ledger that does not know it. */
  z.strictObject({ type: z.literal('credential_store_adopted'), ...state }),
  z.strictObject({ type: z.literal('credential_created'), ...state, ...one, auth: Word, version: z.int().min(1) }),
  z.strictObject({ type: z.literal('credential_rotated'), ...state, ...one, version: z.int().min(1) }),
  z.strictObject({ type: z.literal('credential_revoked'), ...state, ...one }),
  z.strictObject({ type: z.literal('credential_deleted'), ...state, ...one }),
  z.strictObject({ type: z.literal('credentials_imported'), ...state, count: Count }),
  /** The key-encryption key was replaced; `key` is the id of the new one. */
  z.strictObject({ type: z.literal('credential_key_rotated'), ...state, key: Word }),
  z.strictObject({ type: z.literal('recovery_phrase_shown'), ...state, key: Word }),
] as const

/** Records of what happened to credentials while the store stayed as it was. */
export const credentialEvents = [
  z.strictObject({ type: z.literal('credential_tested'), ...one, ...outcome }),
  /** Uses since the record before, at most one record in 15 minutes. */
  z.strictObject({ type: z.literal('credential_used'), ...one, uses: z.int().min(1), since: Timestamp }),
  z.strictObject({
    type: z.literal('credential_cooling_down'),
    ...one,
    reason: z.enum(['unauthorized', 'rate_limited', 'quota_exhausted']),
    until: Timestamp,
  }),
  /** Under which form they left; to whom is said by an age recipient, which is public. */
  z.strictObject({
    type: z.literal('credentials_exported'),
    count: Count,
    form: z.enum(['passphrase', 'age_recipient']),
    recipient: Word.optional(),
  }),
  z.strictObject({ type: z.literal('credentials_locked') }),
  z.strictObject({ type: z.literal('credentials_unlocked') }),
  /** The store on disk refuses to load; `code` says why. */
  z.strictObject({ type: z.literal('credential_store_refused'), ...outcome }),
] as const
