import { z } from 'zod'
import { AgentName, Timestamp, TokenId } from '../ids.ts'
import { defineOperation, SCOPES } from './operation.ts'

const MINUTES_A_DAY = 24 * 60

/**
 * What a token may do: one or more of the ladder, of which the highest counts, and perhaps `approve-never`, which takes
 * something away: such a token can carry no decision about an approval, not even one that an operator's key signed.
 */
export const TokenScope = z.enum([...SCOPES, 'approve-never'])
export type TokenScope = z.infer<typeof TokenScope>

const TokenScopes = z
  .array(TokenScope)
  .min(1)
  .max(TokenScope.options.length)
  .refine((scopes) => new Set(scopes).size === scopes.length, { message: 'must name each scope once' })
  .refine((scopes) => scopes.some((scope) => scope !== 'approve-never'), {
    message: `must have one of ${SCOPES.join(', ')}; approve-never only takes something away`,
  })

const TokenName = z.string().trim().min(1).max(80)

/** A token as it is listed. The secret itself is kept nowhere. */
export const Token = z.strictObject({
  token_id: TokenId,
  /** What it is for, in its owner's words. */
  name: TokenName,
  scopes: TokenScopes,
  /** The one agent it may speak with; null: any. */
  agent: AgentName.nullable(),
  created_at: Timestamp,
  /** The credential that made it: `owner`, a sign-in or a token. */
  created_by: z.string().max(80),
  expires_at: Timestamp,
  /** To within ten minutes. */
  last_used_at: Timestamp.nullable(),
  state: z.enum(['active', 'expired', 'revoked']),
})
export type Token = z.infer<typeof Token>

/** The secret is shown once, here. */
export const TokenCreated = Token.extend({ token: z.string() })
export type TokenCreated = z.infer<typeof TokenCreated>

export const TokenRequest = z.strictObject({
  name: TokenName,
  scopes: TokenScopes,
  agent: AgentName.optional(),
  /** At least a minute. */
  expires_in_days: z
    .number()
    .min(1 / MINUTES_A_DAY)
    .max(3650)
    .default(90),
})
export type TokenRequest = z.infer<typeof TokenRequest>

export const TokenRotation = z.strictObject({
  /** For how long the old secret stays good, in minutes; 0 ends it at once, with all that is open by it. */
  overlap_minutes: z.number().min(0).max(MINUTES_A_DAY).default(10),
})
export type TokenRotation = z.infer<typeof TokenRotation>

export const TokenRotated = z.strictObject({
  /** `owner`, or the token's own id, which stays. */
  token_id: z.union([z.literal('owner'), TokenId]),
  /** The new secret, shown once. */
  token: z.string(),
  old_valid_until: Timestamp,
})
export type TokenRotated = z.infer<typeof TokenRotated>

const ById = z.strictObject({ token_id: TokenId })
const id = 'tok_l7XhJ0f3T3m4Yz1Q'
const example: z.input<typeof Token> = {
  token_id: id,
  name: 'backup script',
  scopes: ['operate', 'approve-never'],
  agent: null,
  created_at: '2026-11-21T03:00:00.000Z',
  created_by: 'owner',
  expires_at: '2027-02-19T03:00:00.000Z',
  last_used_at: null,
  state: 'active',
}
const secret = `cst_${'A'.repeat(43)}`

export const listTokens = defineOperation({
  id: 'listTokens',
  method: 'GET',
  path: '/api/v1/tokens',
  tag: 'tokens',
  summary: 'All tokens, newest first',
  description:
    'Revoked and expired ones stay listed for 30 days. There are at most 512. The owner’s own token is not among them.',
  scope: 'admin',
  ofOneAgent: true,
  status: 200,
  answer: z.strictObject({ items: z.array(Token) }),
  errors: [],
  example: { answer: { items: [example] } },
})

export const createToken = defineOperation({
  id: 'createToken',
  method: 'POST',
  path: '/api/v1/tokens',
  tag: 'tokens',
  summary: 'Makes a token',
  description:
    'The answer is the only place where the secret is ever shown; the gateway keeps a keyed hash. A token cannot make one ' +
    'that may do more than it does itself, and what it makes ends with it at the latest. An entry of the ledger says that it was made.',
  scope: 'admin',
  ofOneAgent: true,
  body: TokenRequest,
  status: 201,
  answer: TokenCreated,
  creates: true,
  errors: ['conflict', 'forbidden', 'ledger_unavailable'],
  example: {
    body: { name: 'backup script', scopes: ['operate', 'approve-never'], expires_in_days: 90 },
    answer: { ...example, token: secret },
  },
})

export const getToken = defineOperation({
  id: 'getToken',
  method: 'GET',
  path: '/api/v1/tokens/{token_id}',
  tag: 'tokens',
  summary: 'One token',
  scope: 'admin',
  ofOneAgent: true,
  params: ById,
  status: 200,
  answer: Token,
  errors: ['not_found'],
  example: { params: { token_id: id }, answer: example },
})

export const revokeToken = defineOperation({
  id: 'revokeToken',
  method: 'DELETE',
  path: '/api/v1/tokens/{token_id}',
  tag: 'tokens',
  summary: 'Revokes a token',
  description:
    'In force when it answers: requests are refused, and sockets and streams that were opened with it end before their ' +
    'next frame. Revoking a token again changes nothing.',
  scope: 'admin',
  ofOneAgent: true,
  params: ById,
  status: 200,
  answer: Token,
  errors: ['not_found', 'ledger_unavailable'],
  example: { params: { token_id: id }, answer: { ...example, state: 'revoked' } },
})

export const rotateToken = defineOperation({
  id: 'rotateToken',
  method: 'POST',
  path: '/api/v1/tokens/{token_id}/rotation',
  tag: 'tokens',
  summary: 'Gives a token, or the owner’s, a new secret',
  description:
    'The old secret stays good for `overlap_minutes`, so that clients can follow one by one. With `owner` for the id it ' +
    'replaces the owner’s token, for which the owner’s token itself has to be presented: its file is rewritten in one ' +
    'step, and agentd follows without a restart.',
  scope: 'admin',
  ofOneAgent: true,
  params: z.strictObject({ token_id: z.union([z.literal('owner'), TokenId]) }),
  body: TokenRotation,
  status: 201,
  answer: TokenRotated,
  creates: true,
  errors: ['conflict', 'forbidden', 'not_found', 'ledger_unavailable'],
  example: {
    params: { token_id: id },
    body: { overlap_minutes: 10 },
    answer: { token_id: id, token: secret, old_valid_until: '2026-11-21T03:10:00.000Z' },
  },
})
