import {
  Approval,
  CallAnswer,
  type CallOutcome,
  type CallPending,
  type CallRequest,
  CastellanError,
  type SessionId,
} from '@castellan/contracts'
import type { UnixClient } from '@castellan/daemon'
import { onInterrupt } from './interrupt.ts'

/** Longer than any tool's own deadline, which is what should end a slow call. */
const CALL_TIMEOUT_MS = 15 * 60_000
/** Longest single wait agentd allows on an approval, in seconds. */
const APPROVAL_POLL_SECONDS = 25

/** Calls as the operator: nothing to approve, the operator is the person. */
export async function callAsOperator(operator: UnixClient, request: CallRequest): Promise<CallOutcome> {
  const answer = await post(operator, request)
  if (answer.status === 'approval_required') {
    throw new CastellanError(
      'internal',
      'agentd asked the operator to approve their own call; this is a fault, please report it.',
    )
  }
  return answer
}

/**
 * Calls as an agent. A call that needs approval waits until someone decides, then is sent again to spend the grant. A
 * question that became void is asked anew; after Ctrl-C nobody waits for it any more, so it is withdrawn.
 */
export async function callAsAgent(
  agent: UnixClient,
  request: CallRequest,
  { onPending }: { onPending: (pending: CallPending) => void },
): Promise<CallOutcome> {
  let answer = await post(agent, request)
  while (answer.status === 'approval_required') {
    onPending(answer)
    const { approval_id } = answer
    const agreed = await decidedUnlessStopped(agent, answer, request.session)
    answer = await post(agent, agreed ? { ...request, approval_id } : request)
  }
  return answer
}

/** Ctrl-C while nothing runs yet is a word too: the question is taken back, so that a late yes does not stand alone. */
async function decidedUnlessStopped(agent: UnixClient, pending: CallPending, session: SessionId): Promise<boolean> {
  using interrupt = onInterrupt()
  try {
    return await decided(agent, pending, interrupt.signal)
  } catch (error) {
    if (!interrupt.signal.aborted) throw error
    const path = `/v1/approvals/${pending.approval_id}/withdrawal`
    await agent.request('POST', path, { body: { session }, schema: Approval })
    throw new CastellanError('cancelled', 'Stopped while the call waited for approval; nothing was done.')
  }
}

function post(client: UnixClient, body: CallRequest): Promise<CallAnswer> {
  return client.request('POST', '/v1/calls', { body, schema: CallAnswer, timeoutMs: CALL_TIMEOUT_MS })
}

/** True once it is approved, false when it became void. */
async function decided(agent: UnixClient, pending: CallPending, signal: AbortSignal): Promise<boolean> {
  for (;;) {
    const path = `/v1/approvals/${pending.approval_id}?wait=${APPROVAL_POLL_SECONDS}`
    const timeoutMs = (APPROVAL_POLL_SECONDS + 10) * 1000
    const { state } = await agent.request('GET', path, { schema: Approval, timeoutMs, signal })
    switch (state) {
      case 'pending':
        break
      case 'approved':
        return true
      case 'void':
        return false
      case 'denied':
        throw new CastellanError('approval_denied', 'A person denied this call; nothing was done.')
      case 'withdrawn':
        throw new CastellanError('approval_withdrawn', 'The question was withdrawn; nothing was done.')
      default:
        throw new CastellanError(
          'approval_expired',
          'Nobody approved this call in time; nothing was done. Ask again when someone can.',
        )
    }
  }
}
