import { Sha256Hex, Timestamp } from '@castellan/contracts'
import { StageName, StageVerdict } from '@castellan/quarantine'
import { z } from 'zod'

export const ImportId = z.string().regex(/^imp_[0-9a-f]{16}$/, 'must look like imp_0123456789abcdef')
export type ImportId = z.infer<typeof ImportId>

/**
 * How far an import came. `promoting`: every stage let it pass, and it is on its way into the registry; only the registry says
 * whether it got there. `interrupted`: it ended before a verdict, so there is none.
 */
export const ImportState = z.enum(['claiming', 'examining', 'promoting', 'trusted', 'refused', 'interrupted'])
export type ImportState = z.infer<typeof ImportState>

/** One import, kept in its own folder while it goes on and for some time after. */
export const ImportRecord = z.strictObject({
  version: z.literal(1),
  id: ImportId,
  state: ImportState,
  /** The path it was copied from, as it was asked for. */
  path: z.string().max(4096),
  declaredSource: z.string().max(2048).nullable(),
  by: z.string().max(80),
  startedAt: Timestamp,
  endedAt: Timestamp.nullable(),
  /** Of the copy; null until it is whole. */
  sha256: Sha256Hex.nullable(),
  bytes: z.int().min(0),
  /** The stage that is running now. */
  stage: StageName.nullable(),
  verdicts: z.array(StageVerdict).max(16),
  /** Why it ended as it did, where it was not let in. */
  reason: z.string().max(1000).nullable(),
})
export type ImportRecord = z.infer<typeof ImportRecord>
