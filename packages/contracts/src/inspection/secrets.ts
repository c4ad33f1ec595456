import { z } from 'zod'
import { EgressMethod, HostName } from '../airlock.ts'
import { LedgerIndex, Timestamp } from '../ids.ts'

/** Name of a secret that the airlock puts into requests: `{{secret:NAME}}`. */
export const SecretName = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,31}$/, 'must be lower-case letters, digits and dashes, at most 32, a letter first')
export type SecretName = z.infer<typeof SecretName>

const secretGrant = {
  name: SecretName,
  host: HostName,
  port: z.int().min(1).max(65_535).default(443),
  /** The path and everything below it. */
  path: z
    .string()
    .max(1024)
    .regex(/^\/[A-Za-z0-9._~!$&'()*+,=:@/-]*$/, 'must begin with / and be written plainly, without % or ?')
    .default('/'),
  /** Any without it. */
  methods: z.array(EgressMethod).min(1).max(7).optional(),
  header: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,63}$/, 'must be the name of a header in lower case')
    .refine(
      (name) => !/^(?:host|content-|transfer-|connection|cookie|proxy-|te|upgrade|expect|trailer)/.test(name),
      'is not a header that a secret goes into',
    )
    .default('authorization'),
  /** What the header holds, with `{}` in the place of the value: `Bearer {}`. */
  format: z
    .string()
    .max(200)
    .regex(/^[\x20-\x7e]*\{\}[\x20-\x7e]*$/, 'must hold {} once, in visible ASCII')
    .default('Bearer {}'),
} as const

/** `POST /v1/secrets` on airlock-operator.sock. The value is sealed on disk and never given out again. */
export const SecretRequest = z.strictObject({
  ...secretGrant,
  value: z
    .string()
    .min(8)
    .max(8192)
    .regex(/^[\x21-\x7e]+$/, 'must be visible ASCII without spaces, at least 8 characters'),
})
export type SecretRequest = z.input<typeof SecretRequest>

/** A secret as it is shown: where it goes, not what it is. */
export const SecretGrant = z.strictObject({ ...secretGrant, added_at: Timestamp })
export type SecretGrant = z.infer<typeof SecretGrant>

export const SecretListing = z.strictObject({ secrets: z.array(SecretGrant) })
export const SecretChange = z.strictObject({ secret: SecretGrant, index: LedgerIndex })

/** `POST /v1/containment` on airlock-agentd.sock: shuts the airlock. Only the operator opens it again. */
export const ContainmentRequest = z.strictObject({ reason: z.string().trim().min(1).max(500) })
export type ContainmentRequest = z.infer<typeof ContainmentRequest>
