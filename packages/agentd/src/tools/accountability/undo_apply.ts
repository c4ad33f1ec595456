import { LedgerIndex } from '@castellan/contracts'
import { z } from 'zod'
import { changeLimits, defineTool } from '../define.ts'

const AGAIN = 'Undoing is an act of its own and can be undone.'

export const undoApply = defineTool({
  name: 'undo_apply',
  title: 'Undo an act',
  description:
    'Takes back an act by its ledger number (intent or outcome); without a number, the newest act of this agent that can ' +
    'be taken back. Answers what was restored.',
  input: z.strictObject({
    index: LedgerIndex.optional().describe('Ledger number of the act; the newest one without it'),
    force: z.boolean().default(false).describe('Take it back even though its result was changed since; operators only'),
  }),
  output: z.strictObject({
    index: LedgerIndex.describe('Ledger number of the act that was taken back'),
    tool: z.string(),
    summary: z.string(),
  }),
  effect: 'change',
  // The inverse it keeps is that of the tool it spoke to, so undoing an undo is that tool's revert again.
  undo: 'inverse',
  limits: changeLimits,
  summary: ({ index, summary }) => `Took back act ${index}: ${summary}`,
  resources: ({ index }, host) => (index === undefined ? [] : host.undo.resources(index).catch(() => [])),
  preview: async ({ index }, { host, signal }) => {
    if (index === undefined)
      return { effects: ['Takes back the newest act of this agent that can be taken back.'], undo: AGAIN }
    const { tool, obstacle, effects, diff } = await host.undo.preview({ index }, { host, signal })
    const refusal = obstacle === null ? [] : [`It will refuse as it stands: ${obstacle.message}`]
    const all = [`Takes back act ${index} (${tool}).`, ...effects, ...refusal].map((effect) => effect.slice(0, 2000))
    return { effects: all.slice(0, 100), ...(diff === null ? {} : { diff }), undo: AGAIN }
  },
  run: (input, context) => context.host.undo.apply(input, context),
})
