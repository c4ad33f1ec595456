import { z } from 'zod'
import { changeLimits, defineTool } from '../define.ts'
import { moment } from '../words.ts'
import { ShownApproval, shownApproval, stateInWords } from './approval-fields.ts'

export const approvalRequest = defineTool({
  name: 'approval_request',
  title: 'Ask for an approval ahead',
  description:
    'Asks a person about a call before it is made, so that the work can be planned around the answer. Nothing runs; a yes is used up by your next call of that tool with exactly these arguments.',
  input: z.strictObject({
    tool: z.string().min(1).max(64).describe('The tool that will be called, e.g. "service_restart".'),
    args: z
      .record(z.string(), z.unknown())
      .default({})
      .describe('Its exact arguments: a yes is for these and no others.'),
  }),
  output: z.strictObject({
    needed: z.boolean().describe('False where the policy allows the call without asking: just make it.'),
    approval: ShownApproval.nullable(),
    reason: z.string(),
  }),
  effect: 'change',
  undo: 'none',
  limits: { ...changeLimits, perMinute: 60, outputBytes: 320 * 1024 },
  summary: ({ approval, reason }, { tool }) =>
    approval === null
      ? `${tool} needs no approval: ${reason}`
      : `Asked ahead: ${stateInWords(approval)}, until ${moment(approval.expiresAt)}.`,
  preview: async ({ tool }) => ({
    effects: [`Puts the question whether ${tool} may run before a person.`],
    undo: 'A question that is not answered ends by itself after 10 minutes.',
  }),
  run: async ({ tool, args }, { host, call, signal }) => {
    const asked = await host.approvals.ask(tool, args, call, signal)
    if (!asked.needed) return { needed: false, approval: null, reason: asked.reason }
    const approval = shownApproval(asked.approval)
    return { needed: true, approval, reason: approval.reason }
  },
})
