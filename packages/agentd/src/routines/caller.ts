import { AgentName, type CallOutcome, CallRequest, newId, type SessionId } from '@castellan/contracts'
import { type CallParts, takeCall } from '../calls/path.ts'
import type { RoutineCall } from './routine.ts'

/** Seconds of one wait for a person's word; then it is asked again whether it came. */
const WAIT_SECONDS = 30

/** Who agentd makes a call for, by itself. */
export interface OwnErrand {
  readonly name: string
  readonly session: SessionId
  /** Whether a person agreed to exactly this call when the errand was set up. */
  readonly agreed: boolean
  readonly signal: AbortSignal
}

/** Makes one call and answers with its outcome. Rejects with what the path refuses it with. */
export type MakeCall = (call: RoutineCall, errand: OwnErrand) => Promise<CallOutcome>

/**
 * Calls that agentd makes by itself, for a routine or a watcher: on the one path like any other. What policy wants a
 * person's word for is put to people and waited for, until it expires.
 */
export function ownCalls(parts: CallParts): MakeCall {
  return async ({ tool, args }, { name, session, agreed, signal }) => {
    const request = CallRequest.parse({ call_id: newId('call'), session, agent: AgentName.parse(name), tool, args })
    const caller = { kind: 'routine' as const, agreed, signal }
    const answer = await takeCall(parts, request, caller)
    if (answer.status === 'done') return answer
    for (;;) {
      const { state } = await parts.approvals.wait(answer.approval_id, WAIT_SECONDS, signal)
      signal.throwIfAborted()
      if (state !== 'pending') break
    }
    const decided = await takeCall(parts, { ...request, approval_id: answer.approval_id }, caller)
    if (decided.status === 'done') return decided
    throw new Error(`approval ${answer.approval_id} was decided and is still open`)
  }
}
