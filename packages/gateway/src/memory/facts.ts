import { type RecalledFact, TaintLabel, Timestamp } from '@castellan/contracts'
import { z } from 'zod'

/** A fact as agentd's memory tools give it. */
const ToolFact = z.object({
  id: z.int(),
  text: z.string(),
  source: z.string(),
  tags: z.array(z.string()),
  confidence: z.number(),
  createdAt: Timestamp,
  expiresAt: Timestamp.nullable(),
  by: z.string(),
  labels: z.array(TaintLabel),
})
export type ToolFact = z.infer<typeof ToolFact>

/** What `memory_recall` and `memory_list` answer. */
export const RecalledFacts = z.object({ facts: z.array(ToolFact), truncated: z.boolean() })
export const FactListing = z.object({ facts: z.array(ToolFact), nextBefore: z.int().nullable() })

export function recalledFact({ id, text, source, by, createdAt, confidence, labels }: ToolFact): RecalledFact {
  return { id, text, source, by, stored_at: createdAt, confidence, labels }
}
