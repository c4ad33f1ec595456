import { z } from 'zod'
import { LedgerIndex, Timestamp } from '../ids.ts'
import { SecretName } from './secrets.ts'

/** How many bytes of a value one of its marks covers. */
export const MARK_SIZES = [24, 16, 12] as const

/**
 * A piece of a value that must not leave, as the airlock knows it: 16 bits to find where it may be, and an HMAC to be sure. Neither says
 * what the value is (docs/decisions/0096).
 */
export const EgressMark = z.strictObject({
  size: z.union([z.literal(24), z.literal(16), z.literal(12)]),
  near: z.int().min(0).max(65_535),
  hash: z.string().regex(/^[0-9a-f]{64}$/),
})
export type EgressMark = z.infer<typeof EgressMark>

/** `GET /v1/marks/key` on airlock.sock and airlock-agentd.sock: what marks are made with. */
export const MarkKey = z.strictObject({ key: z.base64() })

/** `PUT /v1/marks`: all marks of whoever asks, in the place of those before: the gateway's are of class `secret`, agentd's of class `canary`. */
export const MarkRequest = z.strictObject({ marks: z.array(EgressMark).max(16_384) })
export type MarkRequest = z.infer<typeof MarkRequest>
export const MarksTaken = z.strictObject({ marks: z.int() })

/** `POST /v1/canaries` on airlock-operator.sock: marks of a value that the owner planted, with a name for the list. */
export const CanaryRequest = z.strictObject({ name: SecretName, marks: z.array(EgressMark).min(1).max(64) })
export const CanaryListing = z.strictObject({
  canaries: z.array(z.strictObject({ name: SecretName, added_at: Timestamp })),
})
export const CanaryChange = z.strictObject({ name: SecretName, index: LedgerIndex })
