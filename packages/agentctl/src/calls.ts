import {
  Approval,
  CallAnswer,
  type CallOutcome,
  type CallPending,
  type CallRequest,
  CastellanError,
} from '@castellan/contracts'
import type { UnixClient } from '@castellan/daemon'

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

/** Calls as an agent. A call that needs approval waits until someone decides, then is sent again to spend the grant. */
export async function callAsAgent(
  agent: UnixClient,
  request: CallRequest,
  { onPending }: { onPending: (pending: CallPending) => void },
): Promise<CallOutcome> {
  const first = await post(agent, request)
  if (first.status === 'done') return first
  onPending(first)
  await decided(agent, first)
  const second = await post(agent, { ...request, approval_id: first.approval_id })
  if (second.status === 'done') return second
  throw new CastellanError('internal', 'agentd asked twice for the same approval; this is a fault, please report it.')
}

function post(client: UnixClient, body: CallRequest): Promise<CallAnswer> {
  return client.request('POST', '/v1/calls', { body, schema: CallAnswer, timeoutMs: CALL_TIMEOUT_MS })
}

async function decided(agent: UnixClient, pending: CallPending): Promise<void> {
  for (;;) {
    const path = `/v1/approvals/${pending.approval_id}?wait=${APPROVAL_POLL_SECONDS}`
    const approval = await agent.request('GET', path, {
      schema: Approval,
      timeoutMs: (APPROVAL_POLL_SECONDS + 10) * 1000,
    })
    if (approval.state === 'approved') return
    if (approval.state === 'denied')
      throw new CastellanError('approval_denied', 'A person denied this call; nothing was done.')
    if (approval.state !== 'pending') {
      throw new CastellanError(
        'approval_expired',
        'Nobody approved this call in time; nothing was done. Ask again when someone can.',
      )
    }
  }
}
