import { z } from 'zod'
import { LedgerIndex } from '../ids.ts'

/** A short name or id as it stands in the ledger for ever: no spaces, nothing that could be a secret's worth of text. */
export const Word = z
  .string()
  .min(1)
  .max(96)
  .regex(/^[A-Za-z0-9][A-Za-z0-9._:/@*+-]*$/, 'must be a word: letters, digits and ._:/@*+-')

/** A stable error code. */
export const Code = z
  .string()
  .max(64)
  .regex(/^[a-z][a-z0-9_]*$/, 'must be an error code, like rate_limited')

/** How something went; on records that tell of an attempt. */
export const outcome = {
  ok: z.boolean(),
  /** Why it did not go well. */
  code: Code.optional(),
}

export const Count = z.int().min(0)

/** The entry that this one is about. */
export const about = { target: LedgerIndex.optional() }
