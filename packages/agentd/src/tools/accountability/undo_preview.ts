import { LedgerIndex } from '@castellan/contracts'
import { z } from 'zod'
import { defineTool, readLimits } from '../define.ts'
import { isSecretDiff } from '../files/secret.ts'
import { sentence } from '../words.ts'

const limits = { ...readLimits, timeoutMs: 30_000, outputBytes: 192 * 1024 }

export const undoPreview = defineTool({
  name: 'undo_preview',
  title: 'Preview an undo',
  description:
    'What undo_apply would do now to an act, and what stands in its way: whether the world has moved on since, or somebody took it back ' +
    'already. Changes nothing.',
  input: z.strictObject({
    index: LedgerIndex.optional().describe('Ledger number of the act; without it the newest act of this agent.'),
  }),
  output: z.strictObject({
    index: LedgerIndex.describe('Ledger number of the act: of the entry that closes it.'),
    tool: z.string(),
    interrupted: z.boolean().describe('Whether agentd ended in the middle of the act.'),
    possible: z.boolean().describe('Whether undo_apply would go ahead.'),
    forcible: z.boolean().describe('Whether the operator could insist where it would not.'),
    obstacle: z.strictObject({ code: z.string(), message: z.string() }).nullable().describe('What stands in the way.'),
    effects: z.array(z.string()).describe('What would happen, a sentence each.'),
    diff: z.string().nullable().describe('Unified diff of a text that would change.'),
    undo: z.string().describe('Whether undoing can itself be undone.'),
  }),
  effect: 'read',
  undo: 'none',
  limits,
  summary: ({ index, tool, possible, forcible, obstacle, effects }) => {
    if (!possible && !forcible) return `Act ${index} (${tool}) cannot be taken back: ${obstacle?.message ?? ''}`.trim()
    const what = `Taking back act ${index} (${tool}) would do this: ${effects.join(' ')}`
    if (possible) return what
    return `${what} It refuses unless the operator insists: ${sentence(obstacle?.message ?? '')}`
  },
  resources: async ({ index }, host) => {
    if (index === undefined) return []
    const touched = await host.undo.resources(index).catch(() => [])
    return touched.map((resource) => ({ ...resource, access: 'read' as const }))
  },
  // The text of files comes with the diff.
  taints: ({ diff }) => {
    if (diff === null) return []
    return isSecretDiff(diff) ? ['untrusted-text', 'secret'] : ['untrusted-text']
  },
  run: (input, context) => context.host.undo.preview(input, context),
})
