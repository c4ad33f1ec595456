import { z } from 'zod'
import { Sha256Hex } from './ids.ts'

/** One line of `GET /v1/ledger/verification` on agent.sock: any number of `progress`, then one `verdict`. */
export const LedgerVerification = z.discriminatedUnion('type', [
  /** `of`: entries there are, which may grow meanwhile. */
  z.strictObject({ type: z.literal('progress'), checked: z.int().min(0), of: z.int().min(0) }),
  z.strictObject({
    type: z.literal('verdict'),
    ok: z.boolean(),
    entries: z.int().min(0),
    /** RFC 6962 root hash over all entries; empty where none could be made. */
    root: z.union([Sha256Hex, z.literal('')]),
    checkpoint: z.enum(['valid', 'invalid', 'missing']),
    duration_ms: z.number().min(0),
    /** The first thing that is wrong; null when all is well. */
    problem: z.strictObject({ index: z.int().nullable(), message: z.string() }).nullable(),
  }),
])
export type LedgerVerification = z.infer<typeof LedgerVerification>
