import { z } from 'zod'
import { fitting } from '../cut.ts'
import { defineTool, readLimits } from '../define.ts'
import { limitField, textField, truncatedField } from '../fields.ts'
import { count, oneLine } from '../words.ts'
import { labelsOf, presentFact, shownFact, tagsField } from './fields.ts'

export const memoryRecall = defineTool({
  name: 'memory_recall',
  title: 'Recall',
  description:
    'What is remembered about something, best first: found by its words, and by its meaning where an embedding model is ' +
    'there; what is unsure comes later.',
  input: z.strictObject({
    about: textField(1000).min(1).describe('What it is about, in words: "backup of the nas".'),
    tags: tagsField.default([]).describe('Only facts with all of these tags.'),
    limit: limitField(100, 10, 'facts'),
  }),
  output: z.strictObject({
    facts: z.array(
      shownFact.extend({ score: z.number().describe('Higher fits better; comparable within this answer only.') }),
    ),
    truncated: truncatedField,
  }),
  effect: 'read',
  undo: 'none',
  limits: readLimits,
  taints: ({ facts }) => labelsOf(facts),
  summary: ({ facts }, { about }) => {
    const [best] = facts
    if (best === undefined) return `Nothing is remembered about ${JSON.stringify(oneLine(about, 60))}.`
    const more = facts.length === 1 ? '' : ` (and ${count(facts.length - 1, 'other')})`
    return `Remembered, from ${oneLine(best.source, 60)}: ${oneLine(best.text, 200)}${more}`
  },
  resources: () => [{ kind: 'machine', id: 'memory', access: 'read' }],
  run: async ({ about, tags, limit }, { host }) => {
    const found = await host.memory.recall(about, { tags }, limit + 1)
    const shown = found
      .slice(0, limit)
      .map(({ fact, score }) => ({ ...presentFact(fact), score: Math.round(score * 1000) / 1000 }))
    const facts = fitting(shown, readLimits.outputBytes)
    return { facts, truncated: facts.length < found.length }
  },
})
