import { AgentName, ApprovalId, CallId, SessionId, Sha256Hex, Timestamp } from '@castellan/contracts'
import { z } from 'zod'

/**
 * A call that waits for a person, as it travels sealed through the client: what the client has to come back with, and
 * what it then has to be about. Everything in it is checked again by agentd, which binds the approval to the same things.
 */
export const WaitingCall = z.strictObject({
  kind: z.literal('waiting_call'),
  call_id: CallId,
  approval_id: ApprovalId,
  session: SessionId,
  owner: SessionId,
  agent: AgentName,
  tool: z.string(),
  args_digest: Sha256Hex,
  /** Why policy asks, one sentence. */
  reason: z.string(),
  expires_at: Timestamp,
})
export type WaitingCall = z.infer<typeof WaitingCall>

/** Calls remembered at once; more than people can be asked about. */
const MAX_REMEMBERED = 512

/**
 * The waiting calls of clients that cannot carry a state back: a client of the older era that calls the same tool with the
 * same arguments in the same session means the call it made before. Each is handed out to one request at a time.
 */
export class WaitingCalls {
  readonly #calls = new Map<string, WaitingCall>()

  take(session: SessionId, tool: string, argsDigest: Sha256Hex): WaitingCall | undefined {
    const key = keyOf(session, tool, argsDigest)
    const call = this.#calls.get(key)
    this.#calls.delete(key)
    return call !== undefined && Date.now() < Date.parse(call.expires_at) ? call : undefined
  }

  put(call: WaitingCall): void {
    this.#calls.set(keyOf(call.session, call.tool, call.args_digest), call)
    if (this.#calls.size > MAX_REMEMBERED) this.#calls.delete(this.#calls.keys().next().value as string)
  }
}

function keyOf(session: SessionId, tool: string, argsDigest: Sha256Hex): string {
  return `${session} ${tool} ${argsDigest}`
}
