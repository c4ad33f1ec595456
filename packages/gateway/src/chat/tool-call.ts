import { type CallOutcome, type CallRequest, CastellanError, type EngineMessage } from '@castellan/contracts'
import { toCastellanError } from '../plugins/errors.ts'
import { personAgrees, StoppedWaiting } from './approval.ts'
import type { ToolCall } from './ask.ts'
import type { Turn } from './turn.ts'

type ToolMessage = Extract<EngineMessage, { role: 'tool' }>

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
  const { session, sessionKey } = chat
  const own = sessionKey === undefined ? {} : { session_key: sessionKey }
  const request: CallRequest = { call_id, session, ...own, agent: agent.name, tool: name, args }
  let answer = await agentd.call(request, signal)
  while (answer.status === 'approval_required') {
    const { approval_id } = answer
    const agreed = await personAgrees(answer, turn)
    chat.status('running', `Running ${name}.`)
    // What became void in between is asked about anew: under the new policy, or without the key that was revoked.
    answer = agreed
      ? await agentd.call({ ...request, approval_id }, signal).catch((error: unknown) => {
          if (isVoid(error)) return agentd.call(request, signal)
          throw error
        })
      : await agentd.call(request, signal)
  }
  return answer
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

function isVoid(error: unknown): boolean {
  return error instanceof CastellanError && ['approval_stale', 'approval_revoked'].includes(error.code)
}

function stopped(error: unknown): CastellanError {
  if (error instanceof StoppedWaiting) return error
  return new CastellanError(
    'cancelled',
    'Stopped before agentd had answered; the ledger says whether anything was done.',
  )
}
