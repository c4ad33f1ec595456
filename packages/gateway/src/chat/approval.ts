import {
  type Approval,
  type ApprovalId,
  approvalSigningText,
  type CallPending,
  type ServerFrame,
} from '@castellan/contracts'
import { isYes, StoppedWaiting, settled } from '../calls/approval.ts'
import type { Turn } from './turn.ts'

/**
 * Asks for a person's word and waits for it. False when the question became void, so that it has to be asked anew.
 * Throws `approval_denied`, `approval_expired` or `approval_withdrawn` when it is not a yes, and {@link StoppedWaiting}
 * when the turn was stopped; then the question is withdrawn, so that a late yes is not taken for one that counts.
 */
export async function personAgrees(pending: CallPending, turn: Turn): Promise<boolean> {
  const { agentd, chat, signal, waiting } = turn
  const { approval_id } = pending
  await waiting.begin({ approval_id, session: chat.session })
  try {
    const asked = await agentd.approval(approval_id, signal)
    chat.askApproval(approvalFrame(asked))
    chat.status('waiting', 'Waiting for your approval.')
    return conclude(await settled(asked, turn, (approval) => tellVote(approval, turn)), turn)
  } catch (error) {
    if (!signal.aborted) throw error
    await withdraw(approval_id, turn)
    throw new StoppedWaiting()
  } finally {
    await waiting.end(approval_id)
  }
}

/** Everything a person should know before they say yes, and what their key signs. */
function approvalFrame(asked: Approval): Extract<ServerFrame, { type: 'approval_required' }> {
  const { preview, preview_problem, always, votes, needed } = asked
  return {
    type: 'approval_required',
    approval_id: asked.approval_id,
    call_id: asked.call_id,
    name: asked.tool,
    args: asked.args,
    reason: asked.reason,
    expires_at: asked.binding.expires_at,
    signing: {
      approve: approvalSigningText('approve', asked),
      deny: approvalSigningText('deny', asked),
      ...(always.possible ? { always: approvalSigningText('always', asked) } : {}),
    },
    ...(preview === undefined ? {} : { preview }),
    ...(preview_problem === undefined ? {} : { preview_problem }),
    ...(asked.taint.length === 0 ? {} : { taint: asked.taint }),
    always,
    ...(needed === 1 ? {} : { votes: { given: votes.length, needed } }),
  }
}

/** Tells the chat how the question ended, and what that means for the call. */
function conclude(decided: Approval, { chat }: Turn): boolean {
  const { approval_id, state, decided_by } = decided
  if (state !== 'pending' && state !== 'spent') {
    const by = decided_by !== undefined && (state === 'approved' || state === 'denied') ? { by: decided_by } : {}
    chat.approvalDecided({ type: 'approval_decided', approval_id, state, ...by })
  }
  return isYes(decided)
}

/** Each yes of several is told on the way. */
function tellVote({ approval_id, votes, needed }: Approval, { chat }: Turn): void {
  const vote = votes.at(-1)
  if (vote === undefined) return
  chat.approvalVote({ type: 'approval_vote', approval_id, by: vote.by, given: votes.length, needed })
}

/** Nobody waits any more. If agentd cannot be told, the question ends with its time. */
async function withdraw(approval_id: ApprovalId, { agentd, chat, log }: Turn): Promise<void> {
  await agentd.withdraw(approval_id, chat.session).catch((error: unknown) => {
    log.warn({ err: error, approval_id }, 'an approval could not be withdrawn')
  })
}
