import { type Approval, type ApprovalId, approvalSigningText, CastellanError } from '@castellan/contracts'
import { type ApprovalQuestion, decideApproval, getApproval, listApprovals } from '@castellan/contracts/api'
import type { FastifyInstance } from 'fastify'
import { carryDecision, type DecisionParts } from '../../chat/decisions.ts'
import type { Caller } from '../../plugins/caller.ts'
import { mayReadOf } from '../../tokens/rights.ts'
import { pageOfList } from '../pages.ts'
import { serve } from '../serve.ts'

export function addApprovals(app: FastifyInstance, parts: DecisionParts): void {
  const { agentd } = parts

  serve(app, listApprovals, async ({ query, caller, signal }) => {
    const all = await agentd.approvals(signal)
    const { items, next_cursor } = pageOfList(
      all.filter(
        ({ state, agent }) => mayReadOf(caller, agent) && (query.state === undefined || state === query.state),
      ),
      query,
    )
    return { items: items.map(withSigning), next_cursor }
  })

  const approvalFor = async (caller: Caller, id: ApprovalId, signal?: AbortSignal) => {
    const approval = await agentd.approval(id, signal)
    if (mayReadOf(caller, approval.agent)) return approval
    throw new CastellanError('approval_unknown', `There is no approval ${id} of the agent that your token is for.`)
  }

  serve(app, getApproval, async ({ params, query, caller, signal }) => {
    const approval = await approvalFor(caller, params.approval_id, signal)
    if (query.wait === 0 || approval.state !== 'pending') return withSigning(approval)
    const { length } = approval.votes
    return withSigning(await agentd.approvalOnceChanged(params.approval_id, length, signal, query.wait))
  })

  serve(app, decideApproval, async ({ params, body, caller }) => {
    const { verdict, ...proof } = body
    if (caller.agent !== null) await approvalFor(caller, params.approval_id)
    await carryDecision({ type: verdict, approval_id: params.approval_id, ...proof }, caller, parts)
    return withSigning(await agentd.approval(params.approval_id))
  })
}

function withSigning(approval: Approval): ApprovalQuestion {
  const text = (verdict: 'approve' | 'deny' | 'always') => approvalSigningText(verdict, approval)
  const always = approval.always.possible ? { always: text('always') } : {}
  return { ...approval, signing: { approve: text('approve'), deny: text('deny'), ...always } }
}
