import {
  type CallDecision,
  type CallOutcome,
  type CallPending,
  type CallRequest,
  CastellanError,
  type EngineMessage,
  ToolName,
} from '@castellan/contracts'
import { callWhenApproved, StoppedWaiting } from '../calls/approval.ts'
import { toCastellanError } from '../plugins/errors.ts'
import { personAgrees } from './approval.ts'
import type { ModelCall, ToolCall } from './ask.ts'
import { inSession } from './session.ts'
import type { Tally } from './tally.ts'
import type { Turn } from './turn.ts'

type ToolMessage = Extract<EngineMessage, { role: 'tool' }>

/** Most tool calls that the model may make in one turn. */
export const MAX_CALLS = 12

/**
 * Makes a call that the model asked for. One that it wrote wrongly is not made: the model hears why, and the chat too. Throws
 * `too_many_tool_calls` when it has made as many as a turn may have, and as {@link makeCall} does.
 */
export async function makeModelCall(call: ModelCall, turn: Turn, tally: Tally): Promise<ToolMessage> {
  if (tally.calls >= MAX_CALLS) {
    throw new CastellanError(
      'too_many_tool_calls',
      `The model asked for more than ${MAX_CALLS} tool calls in one turn, so the turn ends here. Say “go on” to let it continue.`,
    )
  }
  tally.calls += 1
  const { problem, decision, ...plain } = call
  const wrong = problem ?? wrongName(call.name)
  if (wrong === null) return makeCall(plain, turn, decision)
  turn.chat.emit({ type: 'tool_use', ...plain })
  return tellRefusal(plain, new CastellanError('invalid_arguments', wrong), turn)
}

/** agentd says best which tools there are, but takes nothing that could not be a tool’s name at all. */
function wrongName(name: string): string | null {
  if (ToolName.safeParse(name).success) return null
  const shown = JSON.stringify(name.slice(0, 64))
  return `There is no tool ${shown}, so this call was not made. Use only the tools that are listed.`
}

/**
 * Makes one tool call through agentd and tells the chat: a `tool_use`, an `approval_required` where a person has to agree,
 * and exactly one `tool_result`. A call that was refused or failed is an answer like any other, for the model to deal with;
 * throws only when the turn cannot go on: it was aborted, or agentd is gone.
 */
export async function makeCall(call: ToolCall, turn: Turn, decision?: CallDecision): Promise<ToolMessage> {
  const { chat } = turn
  chat.emit({ type: 'tool_use', ...call })
  chat.status('running', `Running ${call.name}.`)
  try {
    return tellOutcome(call, await askFor(call, turn, decision), turn)
  } catch (error) {
    const refusal = turn.signal.aborted ? stopped(error) : toCastellanError(error)
    if (refusal.code === 'internal') turn.log.error({ err: error, call_id: call.call_id }, 'a tool call failed')
    const message = tellRefusal(call, refusal, turn)
    if (turn.signal.aborted || refusal.code === 'agentd_unavailable') throw error
    return message
  }
}

function askFor({ call_id, name, args }: ToolCall, turn: Turn, decision?: CallDecision): Promise<CallOutcome> {
  const { agent, chat } = turn
  return inSession(turn, (own) => {
    const by = decision === undefined ? {} : { decision }
    const request: CallRequest = { call_id, ...own, agent: agent.name, tool: name, args, ...chat.heldTo, ...by }
    const agrees = async (pending: CallPending) => {
      const agreed = await personAgrees(pending, turn)
      chat.status('running', `Running ${name}.`)
      return agreed
    }
    return callWhenApproved(request, turn, agrees, (progress) => chat.progress(call_id, progress))
  })
}

function tellOutcome({ call_id, name }: ToolCall, outcome: CallOutcome, { chat }: Turn): ToolMessage {
  const { ok, summary, ledger_index, undo } = outcome
  const result = (ok ? outcome.result : outcome.error) ?? null
  const secret = outcome.taint?.includes('secret') === true ? { secret: true as const } : {}
  chat.emit({
    type: 'tool_result',
    call_id,
    name,
    ok,
    result,
    ledger_index,
    summary,
    ...(undo === undefined ? {} : { undo }),
    ...secret,
  })
  return { role: 'tool', call_id, name, ok, summary, result, ledger_index, ...secret, ...othersWords(outcome) }
}

/** What others may have written is shown to a model as such, with what screening found in it. */
function othersWords({ taint, screening }: CallOutcome): Pick<ToolMessage, 'untrusted'> {
  if (taint?.includes('untrusted-text') !== true && screening === undefined) return {}
  return { untrusted: { verdict: screening?.verdict ?? 'clean', reasons: screening?.reasons ?? [] } }
}

function tellRefusal({ call_id, name }: ToolCall, refusal: CastellanError, { chat }: Turn): ToolMessage {
  const told = { call_id, name, ok: false, result: refusal.toEnvelope(), ledger_index: null, summary: refusal.message }
  chat.emit({ type: 'tool_result', ...told })
  return { role: 'tool', ...told }
}

function stopped(error: unknown): CastellanError {
  if (error instanceof StoppedWaiting) return error
  return new CastellanError(
    'cancelled',
    'Stopped before agentd had answered; the ledger says whether anything was done.',
  )
}
