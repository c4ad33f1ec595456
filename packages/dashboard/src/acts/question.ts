import type { Approval, ToolItem } from '../chat/state.ts'
import type { Question } from './acts.ts'

/** A question of the API as the card and the signer know it. */
export function askedAs(question: Question): { readonly tool: ToolItem; readonly approval: Approval } {
  const { votes = [], needed = 1 } = question
  const approval: Approval = {
    id: question.approval_id as Approval['id'],
    reason: question.reason,
    expiresAt: question.binding.expires_at,
    signing: question.signing,
    preview: question.preview ?? null,
    previewProblem: question.preview_problem ?? null,
    taint: question.taint ?? [],
    always: question.always ?? { possible: false, reason: '' },
    votes: needed === 1 ? null : { given: votes.length, needed },
    answered: null,
    decision: null,
  }
  const tool: ToolItem = {
    kind: 'tool',
    id: 0,
    callId: question.call_id,
    name: question.tool,
    args: question.args,
    approval,
    outcome: null,
    since: null,
    progress: null,
  }
  return { tool, approval }
}
