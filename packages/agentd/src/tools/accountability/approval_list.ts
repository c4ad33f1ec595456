import { ApprovalState } from '@castellan/contracts'
import { z } from 'zod'
import { fitting } from '../cut.ts'
import { defineTool, readLimits } from '../define.ts'
import { limitField, offsetField, truncatedField } from '../fields.ts'
import { count, list } from '../words.ts'
import { ShownApproval, shownApproval, stateInWords } from './approval-fields.ts'

const outputBytes = 320 * 1024

export const approvalList = defineTool({
  name: 'approval_list',
  title: 'List approvals',
  description:
    'What this session asked people about in the last hour, newest first, and how each was answered. Other sessions are not shown.',
  input: z.strictObject({
    state: ApprovalState.optional().describe('Only those in this state, e.g. "pending".'),
    limit: limitField(100, 20, 'approvals'),
    offset: offsetField('approvals'),
  }),
  output: z.strictObject({ approvals: z.array(ShownApproval), total: z.int(), truncated: truncatedField }),
  effect: 'read',
  undo: 'none',
  limits: { ...readLimits, outputBytes },
  summary: ({ approvals, total }) => {
    if (total === 0) return 'This session asked nobody for an approval in the last hour.'
    return `This session asked for ${count(total, 'approval')}: ${list(approvals.slice(0, 3).map(stateInWords))}.`
  },
  run: async ({ state, limit, offset }, { host, call }) => {
    const all = host.approvals.list(call).filter((approval) => state === undefined || approval.state === state)
    const page = all.slice(offset, offset + limit).map(shownApproval)
    const approvals = fitting(page, outputBytes)
    return { approvals, total: all.length, truncated: offset + approvals.length < all.length }
  },
})
