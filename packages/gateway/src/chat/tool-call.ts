import { setTimeout as sleep } from 'node:timers/promises'
import {
  type Approval,
  approvalSigningText,
  type CallOutcome,
  type CallPending,
  type CallRequest,
  CastellanError,
  type EngineMessage,
} from '@castellan/contracts'
import { toCastellanError } from '../plugins/errors.ts'
import type { ToolCall } from './ask.ts'
import type { Turn } from './turn.ts'

type ToolMessage = Extract<EngineMessage, { role: 'tool' }>

/** agentd keeps approvals over a restart, so a turn that waits for one outlives it. In milliseconds. */
const RESTART_MS = 30_000
const RESTART_POLL_MS = 500

/**
 * Makes one tool call through agentd and tells the chat: a `tool_use`, an `approval_required` where a person has to agree,
 * and exactly one `tool_result`. A call that was refused or failed is an answer like any other, for the model to deal with;
 * throws only when the turn cannot go on: it was aborted, or agentd is gone.
 */
export async function makeCall(call: ToolCall, turn: Turn): Promise<ToolMessage> {
  const { chat } = turn
  chat.emit({ type: 'tool_use', ...call })
  chat.status('running', `Running ${call.name}.`)
  try {
    return tellOutcome(call, await callWhenApproved(call, turn), turn)
  } catch (error) {
    const refusal = turn.signal.aborted ? stopped(error) : toCastellanError(error)
    if (refusal.code === 'internal') turn.log.error({ err: error, call_id: call.call_id }, 'a tool call failed')
    const message = tellRefusal(call, refusal, turn)
    if (turn.signal.aborted || refusal.code === 'agentd_unavailable') throw error
    return message
  }
}

async function callWhenApproved({ call_id, name, args }: ToolCall, turn: Turn): Promise<CallOutcome> {
  const { agentd, agent, chat, signal } = turn
  const request: CallRequest = { call_id, session: chat.session, agent: agent.name, tool: name, args }
  let answer = await agentd.call(request, signal)
  while (answer.status === 'approval_required') {
    const { approval_id } = answer
    await personAgrees(answer, turn)
    chat.status('running', `Running ${name}.`)
    answer = await agentd.call({ ...request, approval_id }, signal)
  }
  return answer
}

/** Asks for a person's word and waits for it. Throws `approval_denied` or `approval_expired` when it is not a yes. */
async function personAgrees(pending: CallPending, turn: Turn): Promise<void> {
  const { agentd, chat, signal } = turn
  const asked = await agentd.approval(pending.approval_id, signal)
  chat.askApproval({
    type: 'approval_required',
    approval_id: asked.approval_id,
    call_id: asked.call_id,
    name: asked.tool,
    args: asked.args,
    reason: pending.reason,
    expires_at: asked.binding.expires_at,
    signing: { approve: approvalSigningText('approve', asked), deny: approvalSigningText('deny', asked) },
  })
  chat.status('waiting', 'Waiting for your approval.')
  const decided = await decision(asked, turn).catch((error: unknown) => {
    throw signal.aborted ? new StoppedWaiting() : error
  })
  const by = decided.decided_by === undefined ? {} : { by: decided.decided_by }
  switch (decided.state) {
    case 'approved':
      return chat.approvalDecided({
        type: 'approval_decided',
        approval_id: decided.approval_id,
        state: 'approved',
        ...by,
      })
    case 'denied':
      chat.approvalDecided({ type: 'approval_decided', approval_id: decided.approval_id, state: 'denied', ...by })
      throw new CastellanError('approval_denied', `The owner said no to this ${asked.tool} call; nothing was done.`)
    case 'expired':
      chat.approvalDecided({ type: 'approval_decided', approval_id: decided.approval_id, state: 'expired' })
      throw new CastellanError(
        'approval_expired',
        `Nobody answered in time, so this ${asked.tool} call was not made; ask again.`,
      )
    default:
      throw new CastellanError('approval_spent', 'This approval was used elsewhere; ask again for a fresh one.')
  }
}

/** Asks agentd, 25 s at a time, until the approval is no longer pending. */
async function decision(asked: Approval, { agentd, signal }: Turn): Promise<Approval> {
  let goneSince: number | null = null
  for (;;) {
    try {
      const approval = await agentd.approvalOnceDecided(asked.approval_id, signal)
      goneSince = null
      if (approval.state !== 'pending') return approval
    } catch (error) {
      if (!(error instanceof CastellanError) || !['agentd_unavailable', 'shutting_down'].includes(error.code))
        throw error
      goneSince ??= Date.now()
      if (Date.now() - goneSince > RESTART_MS) throw error
      await sleep(RESTART_POLL_MS, undefined, { signal })
    }
  }
}

function tellOutcome({ call_id, name }: ToolCall, outcome: CallOutcome, { chat }: Turn): ToolMessage {
  const { ok, summary, ledger_index, undo } = outcome
  const result = (ok ? outcome.result : outcome.error) ?? null
  chat.emit({
    type: 'tool_result',
    call_id,
    name,
    ok,
    result,
    ledger_index,
    summary,
    ...(undo === undefined ? {} : { undo }),
  })
  return { role: 'tool', call_id, name, ok, summary, result, ledger_index }
}

function tellRefusal({ call_id, name }: ToolCall, refusal: CastellanError, { chat }: Turn): ToolMessage {
  const told = { call_id, name, ok: false, result: refusal.toEnvelope(), ledger_index: null, summary: refusal.message }
  chat.emit({ type: 'tool_result', ...told })
  return { role: 'tool', ...told }
}

/** The turn was stopped while the call waited for a person: agentd runs nothing until the call is sent again. */
class StoppedWaiting extends CastellanError {
  constructor() {
    super('cancelled', 'Stopped while the call waited for approval; nothing was done.')
  }
}

function stopped(error: unknown): CastellanError {
  if (error instanceof StoppedWaiting) return error
  return new CastellanError(
    'cancelled',
    'Stopped before agentd had answered; the ledger says whether anything was done.',
  )
}
