import { z } from 'zod'
import { changeLimits, defineTool } from '../define.ts'
import { textField } from '../fields.ts'
import { oneLine } from '../words.ts'
import { idField, presentFact, shownFact, tagsField } from './fields.ts'
import { type FactInverse, previewFactRevert, revertFact } from './revert.ts'

const DAY_MS = 86_400_000

export const memoryStore = defineTool({
  name: 'memory_store',
  title: 'Remember',
  description:
    'Remembers a fact for later conversations, with where it is known from, tags, confidence and perhaps an end. With an id, ' +
    'replaces what was remembered under it.',
  input: z.strictObject({
    text: textField(4000).min(1).describe('The fact, in a sentence that makes sense by itself.'),
    source: textField(300)
      .min(1)
      .describe('Where it is known from, e.g. "the owner said so" or "disk_usage on 21 November".'),
    tags: tagsField.default([]).describe('Short words to find it by, e.g. ["backup","nas"].'),
    confidence: z.number().min(0).max(1).default(1).describe('How sure it is, 0 to 1. Default 1.'),
    expiresInDays: z
      .number()
      .positive()
      .max(36_500)
      .optional()
      .describe('Days after which it is forgotten. Without it, never.'),
    id: idField.optional().describe('Number of the fact that this one replaces.'),
  }),
  output: z.strictObject({ fact: shownFact, replaced: z.boolean() }),
  effect: 'change',
  undo: 'inverse',
  limits: changeLimits,
  summary: ({ fact, replaced }) =>
    `${replaced ? 'Changed' : 'Remembered as'} number ${fact.id}: ${oneLine(fact.text, 120)}`,
  resources: () => [{ kind: 'machine', id: 'memory', access: 'write' }],
  preview: async ({ text, id }, { host }) => ({
    effects: [
      id === undefined
        ? `Is remembered, and may come up in any later conversation: ${oneLine(text, 400)}`
        : `Number ${id}, "${oneLine(host.memory.find(id).text, 200)}", becomes: ${oneLine(text, 400)}`,
    ],
    undo: id === undefined ? 'Undo forgets it.' : 'Undo puts back what was remembered before.',
  }),
  run: async ({ text, source, tags, confidence, expiresInDays, id }, { host, call, labels, keepInverse }) => {
    const before = id === undefined ? null : presentFact(host.memory.find(id))
    const expiresAt = expiresInDays === undefined ? null : new Date(Date.now() + expiresInDays * DAY_MS)
    const number = id ?? host.memory.reserve()
    const fact = { id: number, text, source, tags, confidence, expiresAt, by: call.agent, labels: [...labels] }
    await keepInverse({
      description: before === null ? `Undo forgets number ${number}.` : `Undo puts back what number ${number} was.`,
      data: { id: number, expected: text, before } satisfies FactInverse,
    })
    if (before === null) return { fact: presentFact(host.memory.store(fact)), replaced: false }
    const changed = { ...fact, createdAt: new Date() }
    host.memory.restore(changed)
    return { fact: presentFact(changed), replaced: true }
  },
  revertPreview: previewFactRevert,
  revert: revertFact,
})
