import { setTimeout as sleep } from 'node:timers/promises'
import {
  type Approval,
  type CallOutcome,
  type CallPending,
  type CallRequest,
  CastellanError,
  type ToolProgress,
} from '@castellan/contracts'
import type { Agentd } from '../agentd.ts'

/** agentd keeps approvals over a restart, so whoever waits for one outlives it. In milliseconds. */
const RESTART_MS = 30_000
const RESTART_POLL_MS = 500

/** Stopped while the call waited for a person: agentd runs nothing until the call is sent again. */
export class StoppedWaiting extends CastellanError {
  constructor() {
    super('cancelled', 'Stopped while the call waited for approval; nothing was done.')
  }
}

/**
 * Makes a call, and where a person has to agree makes it again once they have. `personAgrees` waits for their word: false
 * when the question became void, so that it has to be asked anew. Throws what agentd refuses with.
 */
export async function callWhenApproved(
  request: CallRequest,
  { agentd, signal }: { readonly agentd: Agentd; readonly signal: AbortSignal },
  personAgrees: (pending: CallPending) => Promise<boolean>,
  onProgress?: (progress: ToolProgress) => void,
): Promise<CallOutcome> {
  const call = (wanted: CallRequest) => agentd.call(wanted, signal, onProgress)
  let answer = await call(request)
  while (answer.status === 'approval_required') {
    const { approval_id } = answer
    const agreed = await personAgrees(answer)
    // What became void in between is asked about anew: under the new policy, or without the key that was revoked.
    answer = agreed
      ? await call({ ...request, approval_id }).catch((error: unknown) => {
          if (isVoid(error)) return call(request)
          throw error
        })
      : await call(request)
  }
  return answer
}

/** Follows the approval, 25 s at a time, until it is no longer pending. `onVote` hears each yes of several. */
export async function settled(
  asked: Approval,
  { agentd, signal }: { readonly agentd: Agentd; readonly signal: AbortSignal },
  onVote: (approval: Approval) => void = () => undefined,
): Promise<Approval> {
  let goneSince: number | null = null
  let given = asked.votes.length
  for (;;) {
    try {
      const approval = await agentd.approvalOnceChanged(asked.approval_id, given, signal)
      goneSince = null
      if (approval.state !== 'pending') return approval
      if (approval.votes.length !== given) onVote(approval)
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

/** True for a yes, false for what became void. Throws for everything else that ends a question. */
export function isYes({ state, tool, votes }: Approval): boolean {
  switch (state) {
    case 'approved':
      return true
    case 'void':
      return false
    case 'pending':
    case 'spent':
      throw new CastellanError('approval_spent', 'This approval was used elsewhere; ask again for a fresh one.')
    case 'denied':
      throw new CastellanError('approval_denied', `The owner said no to this ${tool} call; nothing was done.`)
    case 'expired':
      throw new CastellanError(
        'approval_expired',
        votes.length === 0
          ? `Nobody answered in time, so this ${tool} call was not made; ask again.`
          : `Not enough people agreed in time, so this ${tool} call was not made; ask again.`,
      )
    case 'withdrawn':
      throw new CastellanError('approval_withdrawn', `The question about this ${tool} call was withdrawn; ask again.`)
  }
}

function isVoid(error: unknown): boolean {
  return error instanceof CastellanError && ['approval_stale', 'approval_revoked'].includes(error.code)
}
