import { createHash } from 'node:crypto'
import {
  type Approval,
  type CallAnswer,
  type CallOutcome,
  type CallPending,
  type CallRequest,
  CastellanError,
  canonicalJson,
  newId,
  type Sha256Hex,
  wellFormed,
} from '@castellan/contracts'
import { ProtocolError, ProtocolErrorCode } from '@modelcontextprotocol/server'
import type { Agentd } from '../agentd.ts'
import type { Request } from '../provider.ts'
import type { Sealer } from '../seal.ts'
import { metaKeys } from './meta.ts'
import { WaitingCall, WaitingCalls } from './waiting.ts'

/** Longest that a client that came back is kept waiting for a person, in milliseconds: below what clients give a request. */
const HOLD_MS = 45_000
/** How long agentd can tell how a question ended, in milliseconds. */
const STATE_LIFE_MS = 70 * 60_000

/** What became of a call: it ran, or it waits for a person and the client may come back with `state`. */
export type Made =
  | { readonly kind: 'done'; readonly outcome: CallOutcome }
  | { readonly kind: 'waiting'; readonly call: WaitingCall; readonly state: string }

export interface CallsParts {
  readonly agentd: Agentd
  readonly sealer: Sealer
  /** Milliseconds; 45 s without it. */
  readonly holdMs?: number
}

/** Makes the calls of clients, each on agentd's one path, as an agent. */
export class Calls {
  readonly #parts: CallsParts
  readonly #waiting = new WaitingCalls()

  constructor(parts: CallsParts) {
    this.#parts = parts
  }

  /**
   * Makes a call, or goes on with the one that the client came back for: once a person agreed it runs. Throws what agentd
   * refuses with; a protocol error where a state is not of this call.
   */
  async make(tool: string, args: Record<string, unknown>, request: Request): Promise<Made> {
    // Half a surrogate pair has no canonical form. agentd refuses such arguments, and says so in its own words.
    const digest = createHash('sha256')
      .update(canonicalJson(wellFormed(args)))
      .digest('hex')
    const earlier = this.#earlier(tool, digest, request)
    const approval = earlier === undefined ? undefined : await this.#decision(earlier, request)
    if (earlier !== undefined && approval?.state === 'pending') return this.#stillWaiting(earlier, request)
    if (earlier !== undefined && approval !== undefined) refuseUnlessApproved(approval)

    const { agent, session } = request.client
    const answer = await this.#send(
      {
        call_id: earlier?.call_id ?? newId('call'),
        // A question that was asked before midnight belongs to the session of that day.
        session: earlier?.session ?? session,
        agent,
        tool,
        args,
        ...(earlier === undefined ? {} : { approval_id: earlier.approval_id }),
      },
      request,
    )
    if (answer.status === 'done') return { kind: 'done', outcome: answer }
    return this.#stillWaiting(waitingCall(answer, digest, request), request)
  }

  async #send(body: CallRequest, { context, signal, onProgress }: Request): Promise<CallAnswer> {
    const proof = context.mcpReq._meta?.[metaKeys.proof] === true
    try {
      return await this.#parts.agentd.call(body, { signal, proof, onProgress })
    } catch (error) {
      if (signal.aborted) await this.#takeBack(body).catch(() => undefined)
      throw error
    }
  }

  /** A client that gave up before it was told of a question no longer waits for its answer. */
  async #takeBack({ call_id, session }: CallRequest): Promise<void> {
    const { agentd } = this.#parts
    const asked = (await agentd.approvals()).find((each) => each.call_id === call_id && each.state === 'pending')
    if (asked !== undefined) await agentd.withdraw(asked.approval_id, session)
  }

  /** The call that the client came back for: it says so by a state, or, in the older era, by calling the same again. */
  #earlier(tool: string, digest: Sha256Hex, { client, era, state }: Request): WaitingCall | undefined {
    if (state === undefined) return era === 'legacy' ? this.#waiting.take(client.session, tool, digest) : undefined
    const call = WaitingCall.safeParse(state)
    const isThis =
      call.success &&
      call.data.owner === client.owner &&
      call.data.agent === client.agent &&
      call.data.tool === tool &&
      call.data.args_digest === digest
    if (!isThis)
      throw new ProtocolError(ProtocolErrorCode.InvalidParams, NOT_THIS_CALL, { reason: 'invalid_request_state' })
    if (era === 'legacy') this.#waiting.take(client.session, tool, digest)
    return call.data
  }

  /** What a person said, or that nobody did within the time a client can wait. A client that gives up takes its question back. */
  async #decision(call: WaitingCall, { signal, onProgress }: Request): Promise<Approval> {
    const { agentd, holdMs = HOLD_MS } = this.#parts
    const until = performance.now() + holdMs
    try {
      for (;;) {
        onProgress?.({ message: `Waiting for a person to approve ${call.approval_id}.` })
        const left = until - performance.now()
        const approval = await agentd.approval(call.approval_id, Math.min(left, 10_000), signal)
        if (approval.state !== 'pending' || performance.now() >= until) return approval
      }
    } catch (error) {
      if (signal.aborted) await agentd.withdraw(call.approval_id, call.session).catch(() => undefined)
      throw error
    }
  }

  #stillWaiting(call: WaitingCall, { era }: Request): Made {
    if (era === 'legacy') this.#waiting.put(call)
    return { kind: 'waiting', call, state: this.#parts.sealer.seal(call, STATE_LIFE_MS) }
  }
}

const NOT_THIS_CALL =
  'Invalid or expired requestState: it belongs to another call. Make the call again without a state to ask anew.'

function waitingCall(pending: CallPending, digest: Sha256Hex, { client }: Request): WaitingCall {
  const { call_id, approval_id, tool, reason, expires_at } = pending
  return {
    kind: 'waiting_call',
    call_id,
    approval_id,
    tool,
    reason,
    expires_at,
    session: client.session,
    owner: client.owner,
    agent: client.agent,
    args_digest: digest,
  }
}

/** The word of a person that is not a yes. What was used up already agentd refuses, with the number of its entry. */
function refuseUnlessApproved({ state, tool }: Approval): void {
  switch (state) {
    case 'denied':
      throw new CastellanError('approval_denied', `A person said no to this ${tool} call; nothing was done.`)
    case 'expired':
      throw new CastellanError(
        'approval_expired',
        `Nobody answered in time; this ${tool} call was not made. Ask again.`,
      )
    case 'withdrawn':
    case 'void':
      throw new CastellanError('approval_expired', `The question about this ${tool} call no longer holds. Ask again.`)
    default:
  }
}
