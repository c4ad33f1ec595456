import { CastellanError, type TokenId } from '@castellan/contracts'
import { createToken, getToken, listTokens, revokeToken, rotateToken, type Token } from '@castellan/contracts/api'
import type { FastifyInstance } from 'fastify'
import type { Caller } from '../../plugins/caller.ts'
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
  serve(app, listTokens, ({ caller }) => ({ items: tokens.list().filter(({ agent }) => isTheirs(agent, caller)) }))
  serve(app, createToken, ({ body, caller }) => tokens.create(body, caller))
  serve(app, getToken, ({ params, caller }) => theirs(params.token_id, caller))
  serve(app, revokeToken, ({ params, caller }) => {
    theirs(params.token_id, caller)
    return tokens.revoke(params.token_id, caller.credential)
  })

  serve(app, rotateToken, ({ params, body, caller }) => {
    const overlapMs = body.overlap_minutes * MINUTE_MS
    if (params.token_id !== 'owner') return tokens.rotate(params.token_id, overlapMs, caller)
    if (caller.kind === 'owner') return ownerToken.rotate(caller.token, overlapMs, records)
    throw new CastellanError(
      'forbidden',
      'The owner’s token is replaced by whoever has it: agentctl token rotate owner',
    )
  })

  function theirs(id: TokenId, caller: Caller): Token {
    const token = tokens.get(id)
    if (isTheirs(token.agent, caller)) return token
    throw new CastellanError(
      'forbidden',
      `Your token is for the agent ${caller.agent} alone, and the token ${id} is not.`,
    )
  }
}

/** A token that is for one agent sees, and ends, those for the same one. */
function isTheirs(agent: string | null, caller: Caller): boolean {
  return caller.agent === null || caller.agent === agent
}
