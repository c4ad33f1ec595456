import { setTimeout as sleep } from 'node:timers/promises'
import {
  type Approval,
  approvalSigningText,
  type CallPending,
  CastellanError,
  type ServerFrame,
} from '@castellan/contracts'
import type { Turn } from './turn.ts'

/** agentd keeps approvals over a restart, so a turn that waits for one outlives it. In milliseconds. */
const RESTART_MS = 30_000
const RESTART_POLL_MS = 500

/** The turn was stopped while the call waited for a person: agentd runs nothing until the call is sent again. */
export class StoppedWaiting extends CastellanError {
  constructor() {
    super('cancelled', 'Stopped while the call waited for approval; nothing was done.')
  }
}

/**
 * Asks for a person's word and waits for it. False when the question became void, so that it has to be asked anew.
 * Throws `approval_denied`, `approval_expired` or `approval_withdrawn` when it is not a yes, and {@link StoppedWaiting}
 * when the turn was stopped; then the question is withdrawn, so that a late yes is not taken for one that counts.
 */
export async function personAgrees(pending: CallPending, turn: Turn): Promise<boolean> {
  const { agentd, chat, signal, waiting } = turn
  const asked = await agentd.approval(pending.approval_id, signal)
  await waiting.begin(asked)
  chat.askApproval(approvalFrame(asked))
  chat.status('waiting', 'Waiting for your approval.')
  try {
    return conclude(await settlement(asked, turn), turn)
  } catch (error) {
    if (!signal.aborted) throw error
    await withdraw(asked, turn)
    throw new StoppedWaiting()
  } finally {
    await waiting.end(asked.approval_id)
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

function conclude({ approval_id, state, decided_by, tool, votes }: Approval, { chat }: Turn): boolean {
  const by = decided_by === undefined ? {} : { by: decided_by }
  switch (state) {
    case 'pending':
    case 'spent':
      throw new CastellanError('approval_spent', 'This approval was used elsewhere; ask again for a fresh one.')
    case 'approved':
      chat.approvalDecided({ type: 'approval_decided', approval_id, state, ...by })
      return true
    case 'void':
      chat.approvalDecided({ type: 'approval_decided', approval_id, state })
      return false
    case 'denied':
      chat.approvalDecided({ type: 'approval_decided', approval_id, state, ...by })
      throw new CastellanError('approval_denied', `The owner said no to this ${tool} call; nothing was done.`)
    case 'expired':
      chat.approvalDecided({ type: 'approval_decided', approval_id, state })
      throw new CastellanError(
        'approval_expired',
        votes.length === 0
          ? `Nobody answered in time, so this ${tool} call was not made; ask again.`
          : `Not enough people agreed in time, so this ${tool} call was not made; ask again.`,
      )
    case 'withdrawn':
      chat.approvalDecided({ type: 'approval_decided', approval_id, state })
      throw new CastellanError('approval_withdrawn', `The question about this ${tool} call was withdrawn; ask again.`)
  }
}

/** Follows the approval, 25 s at a time, until it is no longer pending; each yes of several is told on the way. */
async function settlement(asked: Approval, { agentd, chat, signal }: Turn): Promise<Approval> {
  let goneSince: number | null = null
  let given = asked.votes.length
  for (;;) {
    try {
      const approval = await agentd.approvalOnceChanged(asked.approval_id, given, signal)
      goneSince = null
      if (approval.state !== 'pending') return approval
      const vote = approval.votes.at(-1)
      if (vote !== undefined && approval.votes.length !== given) {
        const count = { given: approval.votes.length, needed: approval.needed }
        chat.approvalVote({ type: 'approval_vote', approval_id: asked.approval_id, by: vote.by, ...count })
      }
      given = approval.votes.length
    } catch (error) {
      if (!(error instanceof CastellanError) || !['agentd_unavailable', 'shutting_down'].includes(error.code))
        throw error
      goneSince ??= Date.now()
      if (Date.now() - goneSince > RESTART_MS) throw error
      await sleep(RESTART_POLL_MS, undefined, { signal })
    }
  }
}

/** Nobody waits any more. If agentd cannot be told, the question ends with its time. */
async function withdraw({ approval_id }: Approval, { agentd, chat, log }: Turn): Promise<void> {
  await agentd.withdraw(approval_id, chat.session).catch((error: unknown) => {
    log.warn({ err: error, approval_id }, 'an approval could not be withdrawn')
  })
}
