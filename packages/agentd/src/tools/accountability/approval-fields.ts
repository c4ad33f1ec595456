import { type Approval, ApprovalState, Timestamp } from '@castellan/contracts'
import { z } from 'zod'

/** An approval as the session that asked sees it. */
export const ShownApproval = z.strictObject({
  approvalId: z.string(),
  state: ApprovalState.describe(
    '"approved": a person said yes and the call was not made yet; "spent": it was; "void": the policy or a key changed, ask again.',
  ),
  tool: z.string(),
  args: z.record(z.string(), z.unknown()),
  reason: z.string().describe('Why a person is asked.'),
  approvalsGiven: z.int(),
  approvalsNeeded: z.int(),
  askedAhead: z.boolean().describe('Whether it was asked with approval_request, before the call.'),
  requestedAt: Timestamp,
  expiresAt: Timestamp,
  decidedBy: z.string().nullable(),
})

export function shownApproval(approval: Approval): z.infer<typeof ShownApproval> {
  return {
    approvalId: approval.approval_id,
    state: approval.state,
    tool: approval.tool,
    args: approval.args,
    reason: approval.reason,
    approvalsGiven: approval.votes.length,
    approvalsNeeded: approval.needed,
    askedAhead: approval.ahead,
    requestedAt: approval.requested_at,
    expiresAt: approval.binding.expires_at,
    decidedBy: approval.decided_by ?? null,
  }
}

/** `file_write is approved by Ann`, `file_write waits for a person (approved 1 of 2)`. */
export function stateInWords({
  tool,
  state,
  decidedBy,
  approvalsGiven,
  approvalsNeeded,
}: z.infer<typeof ShownApproval>) {
  const by = decidedBy === null ? '' : ` by ${decidedBy}`
  switch (state) {
    case 'pending':
      return `${tool} waits for a person${approvalsNeeded > 1 ? ` (approved ${approvalsGiven} of ${approvalsNeeded})` : ''}`
    case 'approved':
      return `${tool} is approved${by} and not made yet`
    case 'denied':
      return `${tool} was denied${by}`
    case 'spent':
      return `${tool} was approved${by} and made`
    case 'expired':
      return `${tool} got no answer in time`
    case 'withdrawn':
      return `the question about ${tool} was withdrawn`
    case 'void':
      return `the question about ${tool} no longer holds`
  }
}
