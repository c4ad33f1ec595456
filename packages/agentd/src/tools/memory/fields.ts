import { TaintLabel, Timestamp } from '@castellan/contracts'
import { z } from 'zod'
import type { Fact } from '../../host/memory.ts'

export const idField = z.int().min(1).describe('Number of the fact, as memory_list and memory_recall show it.')

export const tagsField = z
  .array(z.string().regex(/^[\p{L}\p{N}][\p{L}\p{N}._-]{0,39}$/u, 'must be a short word'))
  .max(16)

export const shownFact = z.strictObject({
  id: z.int(),
  text: z.string(),
  source: z.string(),
  tags: z.array(z.string()),
  confidence: z.number().min(0).max(1),
  createdAt: Timestamp,
  expiresAt: Timestamp.nullable(),
  by: z.string().describe('Who stored it.'),
  labels: z.array(TaintLabel).describe('What the session that stored it had taken in.'),
})

export function presentFact({ createdAt, expiresAt, tags, labels, ...fact }: Fact): z.infer<typeof shownFact> {
  return {
    ...fact,
    tags: [...tags],
    labels: [...labels],
    createdAt: createdAt.toISOString(),
    expiresAt: expiresAt?.toISOString() ?? null,
  }
}

/** A fact as the inverse of an act keeps it. */
export const KeptFact = shownFact.transform(
  ({ createdAt, expiresAt, ...fact }): Fact => ({
    ...fact,
    createdAt: new Date(createdAt),
    expiresAt: expiresAt === null ? null : new Date(expiresAt),
  }),
)

/** What recalling these facts brings into the session. An agent's own words may be somebody else's by origin. */
export function labelsOf(facts: readonly { readonly labels: readonly TaintLabel[] }[]): TaintLabel[] {
  return [...new Set(facts.flatMap(({ labels }) => labels))]
}
