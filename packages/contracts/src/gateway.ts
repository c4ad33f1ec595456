import { z } from 'zod'
import { ProcessHealth } from './health.ts'
import { OperatorKeyId, Timestamp } from './ids.ts'

/** `GET /health` of the gateway, the one route that asks for no credential: states only, nothing about the machine. */
export const GatewayHealth = z.strictObject({
  /** `degraded` while agentd or the engine does not answer; the gateway itself is up either way. */
  status: z.enum(['ok', 'degraded']),
  version: z.string(),
  started_at: Timestamp,
  uptime_s: z.number(),
  agentd: z.enum([...ProcessHealth.shape.state.options, 'unavailable']),
  engine: z.enum(['ready', 'loading', 'failed', 'unavailable']),
})
export type GatewayHealth = z.infer<typeof GatewayHealth>

/** `GET /session` of the gateway, and the answer to `POST /sign-in`: whether this browser is signed in, and with which key. */
export const PageSession = z.strictObject({
  signed_in: z.boolean(),
  /** The operator key enrolled at sign-in; null where the browser made none, so that it cannot approve. */
  key_id: OperatorKeyId.nullable(),
})
export type PageSession = z.infer<typeof PageSession>
