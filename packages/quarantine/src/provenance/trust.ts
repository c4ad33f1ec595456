import { z } from 'zod'

/** Whom the owner trusts to vouch for models. All of it is the owner's own: nothing is fetched. */
export const ProvenanceTrust = z.strictObject({
  /** A Sigstore trusted root (its JSON form), which holds certificate authorities and transparency logs. */
  trustedRoot: z.string().max(1_048_576).optional(),
  /** Who may sign with a certificate: the address or workflow in it, and who vouched for that. */
  identities: z
    .array(z.strictObject({ subject: z.string().min(1).max(500), issuer: z.string().min(1).max(500) }))
    .max(100)
    .default([]),
  /** Public keys in PEM form that may sign by themselves. */
  keys: z.array(z.string().max(10_000)).max(100).default([]),
})
export type ProvenanceTrust = z.infer<typeof ProvenanceTrust>
