import { z } from 'zod'
import { ChatId } from '../chat.ts'
import { AgentName, OperatorKeyId, Timestamp } from '../ids.ts'
import { Count, outcome, Word } from './fields.ts'

const token = { token: Word, by: Word.optional() }

/** Records about who may speak to the gateway. Tokens and sessions appear by the ids that are safe to log. */
export const accessRecords = [
  z.strictObject({
    type: z.literal('token_created'),
    ...token,
    scope: Word,
    agent: AgentName.optional(),
    expires_at: Timestamp.optional(),
  }),
  z.strictObject({ type: z.literal('token_revoked'), ...token }),
  /** The owner's token, or one of the API's; the one before it is good until `overlap_until`. */
  z.strictObject({ type: z.literal('token_rotated'), ...token, overlap_until: Timestamp.optional() }),
  /** A browser was signed in, or was not; `how` is code, passkey or passphrase. */
  z.strictObject({
    type: z.literal('page_sign_in'),
    how: Word,
    session: Word.optional(),
    key_id: OperatorKeyId.optional(),
    ...outcome,
  }),
  z.strictObject({ type: z.literal('page_signed_out'), session: Word }),
  /** What was kept of exchanges with models was deleted: how many, and of which agent, chat and time. */
  z.strictObject({
    type: z.literal('insights_deleted'),
    count: z.int().min(1),
    by: Word.optional(),
    agent: AgentName.optional(),
    chat: ChatId.optional(),
    before: Timestamp.optional(),
  }),
  /** Too many failed attempts: nobody from there signs in until then. */
  z.strictObject({ type: z.literal('sign_in_locked'), how: Word, until: Timestamp }),
  /**
   * Requests were refused that brought something that is not theirs to bring: a token that was never made, one that has ended (then it
   * is named), or a page of another origin. As many as `count` since the record before.
   */
  z.strictObject({
    type: z.literal('access_refused'),
    how: z.enum(['token_unknown', 'token_ended', 'origin']),
    token: Word.optional(),
    count: Count,
  }),
  /** A way to sign in was added, changed or taken away. */
  z.strictObject({
    type: z.literal('sign_in_method_changed'),
    how: Word,
    change: z.enum(['added', 'changed', 'removed']),
    by: Word.optional(),
  }),
] as const
