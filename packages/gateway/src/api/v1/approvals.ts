import { type Approval, approvalSigningText } from '@castellan/contracts'
import { type ApprovalQuestion, decideApproval, getApproval, listApprovals } from '@castellan/contracts/api'
import type { FastifyInstance } from 'fastify'
import { carryDecision, type DecisionParts } from '../../chat/decisions.ts'
import { pageOfList } from '../pages.ts'
import { serve } from '../serve.ts'

export function addApprovals(app: FastifyInstance, parts: DecisionParts): void {
  const { agentd } = parts

  serve(app, listApprovals, async ({ query, signal }) => {
    const all = await agentd.approvals(signal)
    const { items, next_cursor } = pageOfList(
      all.filter(({ state }) => query.state === undefined || state === query.state),
      query,
    )
    return { items: items.map(withSigning), next_cursor }
  })

  serve(app, getApproval, async ({ params, query, signal }) => {
    const approval = await agentd.approval(params.approval_id, signal)
    if (query.wait === 0 || approval.state !== 'pending') return withSigning(approval)
    const { length } = approval.votes
    return withSigning(await agentd.approvalOnceChanged(params.approval_id, length, signal, query.wait))
  })

  serve(app, decideApproval, async ({ params, body, caller }) => {
    const { verdict, ...proof } = body
    await carryDecision({ type: verdict, approval_id: params.approval_id, ...proof }, caller, parts)
    return withSigning(await agentd.approval(params.approval_id))
  })
}

function withSigning(approval: Approval): ApprovalQuestion {
  const text = (verdict: 'approve' | 'deny' | 'always') => approvalSigningText(verdict, approval)
  const always = approval.always.possible ? { always: text('always') } : {}
  return { ...approval, signing: { approve: text('approve'), deny: text('deny'), ...always } }
}
