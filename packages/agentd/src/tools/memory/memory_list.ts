import { z } from 'zod'
import { fitting } from '../cut.ts'
import { defineTool, readLimits } from '../define.ts'
import { limitField, truncatedField } from '../fields.ts'
import { count, list, oneLine } from '../words.ts'
import { labelsOf, presentFact, shownFact, tagsField } from './fields.ts'

export const memoryList = defineTool({
  name: 'memory_list',
  title: 'What is remembered',
  description:
    'Everything that is remembered, newest first, perhaps only with some tags: to look through, change or forget it.',
  input: z.strictObject({
    tags: tagsField.default([]).describe('Only facts with all of these tags.'),
    limit: limitField(500, 50, 'facts'),
    before: z.int().min(1).optional().describe('Only older facts: the nextBefore of an earlier answer.'),
  }),
  output: z.strictObject({
    facts: z.array(shownFact),
    total: z.int(),
    truncated: truncatedField,
    nextBefore: z.int().nullable().describe('Pass this as before to get older facts; null when there are none.'),
  }),
  effect: 'read',
  undo: 'none',
  limits: readLimits,
  taints: ({ facts }) => labelsOf(facts),
  summary: ({ facts, total }) =>
    total === 0
      ? 'Nothing is remembered.'
      : `${count(total, 'fact')}: ${list(
          facts.map(({ id, text }) => `${id} ${oneLine(text, 60)}`),
          4,
        )}.`,
  resources: () => [{ kind: 'machine', id: 'memory', access: 'read' }],
  run: async ({ tags, limit, before }, { host }) => {
    const page = host.memory.list({ tags }, { limit: limit + 1, before })
    const facts = fitting(page.facts.slice(0, limit).map(presentFact), readLimits.outputBytes)
    const truncated = facts.length < page.facts.length
    return { facts, total: page.total, truncated, nextBefore: truncated ? (facts.at(-1)?.id ?? null) : null }
  },
})
