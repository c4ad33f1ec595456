import { CastellanError } from '@castellan/contracts'
import { createToken, getToken, listTokens, revokeToken, rotateToken } from '@castellan/contracts/api'
import type { FastifyInstance } from 'fastify'
import type { OwnerToken } from '../../tokens/owner-token.ts'
import type { Recorder, Tokens } from '../../tokens/tokens.ts'
import { serve } from '../serve.ts'

const MINUTE_MS = 60_000

export interface TokensRouteParts {
  readonly tokens: Tokens
  readonly ownerToken: OwnerToken
  readonly records: Recorder
}

export function addTokens(app: FastifyInstance, { tokens, ownerToken, records }: TokensRouteParts): void {
  serve(app, listTokens, () => ({ items: tokens.list() }))
  serve(app, createToken, ({ body, caller }) => tokens.create(body, caller))
  serve(app, getToken, ({ params }) => tokens.get(params.token_id))
  serve(app, revokeToken, ({ params, caller }) => tokens.revoke(params.token_id, caller.credential))

  serve(app, rotateToken, ({ params, body, caller }) => {
    const overlapMs = body.overlap_minutes * MINUTE_MS
    if (params.token_id !== 'owner') return tokens.rotate(params.token_id, overlapMs, caller)
    if (caller.kind === 'owner') return ownerToken.rotate(caller.token, overlapMs, records)
    throw new CastellanError(
      'forbidden',
      'The owner’s token is replaced by whoever has it: agentctl token rotate owner',
    )
  })
}
