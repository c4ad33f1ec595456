import { z } from 'zod'
import { ProcessHealth } from './health.ts'
import { OperatorKeyId, Timestamp } from './ids.ts'
import { SignInAssertion, SignInRedemption } from './operators.ts'

/** `GET /health` of the gateway, the one route that asks for no credential: states only, nothing about the machine. */
export const GatewayHealth = z.strictObject({
  /** `degraded` while agentd or the engine does not answer; the gateway itself is up either way. */
  status: z.enum(['ok', 'degraded']),
  version: z.string(),
  started_at: Timestamp,
  uptime_s: z.number(),
  agentd: z.enum([...ProcessHealth.shape.state.options, 'unavailable']),
  engine: z.enum(['ready', 'loading', 'failed', 'unavailable']),
  /** The way out. That it is away degrades nothing here: it may be shut on purpose. */
  airlock: z.enum([...ProcessHealth.shape.state.options, 'unavailable']),
})
export type GatewayHealth = z.infer<typeof GatewayHealth>

/** `GET /session` of the gateway, and the answer to `POST /sign-in`: whether this browser is signed in, and with which key. */
export const PageSession = z.strictObject({
  signed_in: z.boolean(),
  /** The operator key enrolled at sign-in; null where the browser made none, so that it cannot approve. */
  key_id: OperatorKeyId.nullable(),
})
export type PageSession = z.infer<typeof PageSession>

/** `POST /sign-in/challenge` of the gateway: what a key has to sign, within five minutes, and which other way there is. */
export const SignInChallenge = z.strictObject({
  nonce: SignInAssertion.shape.nonce,
  /** Whether a passphrase would do. */
  passphrase_set: z.boolean(),
})
export type SignInChallenge = z.infer<typeof SignInChallenge>

/** `POST /sign-in` of the gateway: with a one-time code, with a key that is enrolled, or with the passphrase. */
export const SignInRequest = z.union([
  SignInRedemption,
  SignInAssertion,
  /** `key_id`: the key that this browser has, by its own word; what it signs is checked each time. */
  z.strictObject({ passphrase: z.string().min(1).max(256), key_id: OperatorKeyId.optional() }),
])
export type SignInRequest = z.infer<typeof SignInRequest>
