import { z } from 'zod'
import { defineTool, readLimits } from '../define.ts'
import { sentence } from '../words.ts'
import { ShownApproval, shownApproval, stateInWords } from './approval-fields.ts'

export const approvalStatus = defineTool({
  name: 'approval_status',
  title: 'Approval status',
  description:
    'How a question to a person stands: waiting, approved, denied, used up, run out, withdrawn or void. Only of what this session asked.',
  input: z.strictObject({
    approvalId: z.string().min(1).max(80).describe('As approval_request and approval_list give it: apr_….'),
  }),
  output: ShownApproval,
  effect: 'read',
  undo: 'none',
  limits: { ...readLimits, outputBytes: 320 * 1024 },
  summary: (approval) => `${sentence(stateInWords(approval))}.`,
  run: async ({ approvalId }, { host, call }) => shownApproval(host.approvals.get(approvalId, call)),
})
