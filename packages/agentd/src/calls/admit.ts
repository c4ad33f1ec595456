import { createHash } from 'node:crypto'
import { type CallRequest, CastellanError, canonicalJson, ToolName } from '@castellan/contracts'
import type { Standing } from '../sessions/sessions.ts'
import { readArguments } from './arguments.ts'
import type { Call, Caller } from './call.ts'
import type { CallParts } from './path.ts'

/**
 * Admits a call: its tool exists, its arguments fit, nobody asks too often, its id is new, its session is its own, its
 * capability holds, its budgets are not spent. While agents are frozen only the operator's calls are. The socket already
 * checked the request's own shape and size. Throws `agents_frozen`, `unknown_tool`, `invalid_arguments`, `rate_limited`, `duplicate_call`, `session_refused`, `budget_exceeded` and the
 * codes of capabilities; nothing of that is recorded, or whoever may ask could fill the ledger.
 */
export function admit(parts: CallParts, request: CallRequest, caller: Caller): Call {
  if (caller.kind !== 'operator') parts.emergency.refuseIfFrozen()
  const { tool, descriptor } = parts.registry.find(request.tool)
  const input = readArguments(tool, descriptor, request.args)
  if (caller.kind === 'agent') parts.rates.take(request, tool)
  refuseKnownId(parts, request)
  const standing = stand(parts, request, caller)
  return {
    call_id: request.call_id,
    session: request.session,
    agent: request.agent,
    caller: caller.kind,
    tool,
    name: ToolName.parse(tool.name),
    args: request.args,
    argsDigest: createHash('sha256').update(canonicalJson(request.args)).digest('hex'),
    input,
    approvalId: request.approval_id,
    signal: caller.signal,
    onProgress: caller.onProgress,
    standing,
    narrowedTo: request.mode,
    channel: request.channel,
    decision: request.decision,
    agreedBefore: caller.agreed === true,
  }
}

function stand({ sessions }: CallParts, request: CallRequest, { kind, within }: Caller): Standing {
  return within ?? sessions.admit(request, kind)
}

/**
 * A call id stands for one call, also across a restart: a caller that lost its answer and sends the call again can never
 * make it happen twice. Results are not kept, so it is not answered again either; the ledger tells how it ended.
 */
function refuseKnownId({ ledger }: CallParts, { call_id }: CallRequest): void {
  const index = ledger.callEntry(call_id)
  if (index === undefined) return
  throw new CastellanError(
    'duplicate_call',
    `The call ${call_id} already took place; ledger entry ${index} tells how it ended. Use a new call_id for another call.`,
    { detail: { ledger_index: index } },
  )
}
