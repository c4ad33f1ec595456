import { createHmac } from 'node:crypto'
import {
  AgentName,
  BudgetLimits,
  CapabilityId,
  CapabilityRights,
  CastellanError,
  SessionId,
} from '@castellan/contracts'
import { z } from 'zod'
import { sameText } from './same-text.ts'

/** Capabilities descend from one another at most this far. */
export const MAX_DEPTH = 8

/** What a capability's token says. */
export const Claims = z.strictObject({
  /** Root first, itself last, each with the limits it brings: what a child spends, its ancestors have spent too. */
  chain: z
    .array(z.strictObject({ id: CapabilityId, limits: BudgetLimits }))
    .min(1)
    .max(MAX_DEPTH),
  session: SessionId,
  agent: AgentName,
  rights: CapabilityRights,
  /** Milliseconds since 1970. */
  expires: z.int(),
})
export type Claims = z.infer<typeof Claims>

const FORM = /^cap1\.([A-Za-z0-9_-]{1,16000})\.([A-Za-z0-9_-]{43})$/

/** `cap1.`, the claims as JSON in base64url, `.`, and HMAC-SHA-256 over all before it in base64url. */
export function tokenOf(key: Buffer, claims: Claims): string {
  const body = `cap1.${Buffer.from(JSON.stringify(claims)).toString('base64url')}`
  return `${body}.${mac(key, body)}`
}

/** The claims of a token that agentd made. Throws `capability_invalid` for everything else. */
export function claimsOf(key: Buffer, token: string): Claims {
  const [, body = '', code = ''] = FORM.exec(token) ?? []
  if (!sameText(code, mac(key, `cap1.${body}`))) throw invalid()
  try {
    return Claims.parse(JSON.parse(Buffer.from(body, 'base64url').toString('utf8')))
  } catch {
    throw invalid()
  }
}

function mac(key: Buffer, body: string): string {
  return createHmac('sha256', key).update(body).digest('base64url')
}

function invalid(): CastellanError {
  return new CastellanError(
    'capability_invalid',
    'This is no capability that agentd made: it was changed, cut or made up. Nothing was done.',
  )
}
