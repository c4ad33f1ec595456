import {
  Approval,
  type ApprovalId,
  ApprovalListing,
  CallAnswer,
  CallLine,
  type CallRequest,
  errorFromEnvelope,
  type SessionId,
  type Sha256Hex,
  ToolListing,
  type ToolProgress,
} from '@castellan/contracts'
import { UnixClient } from '@castellan/daemon'

/** Longest a call may take, in milliseconds. Tools have shorter deadlines of their own, which agentd keeps. */
const CALL_MS = 6 * 60 * 60 * 1000
/** Longest that agentd holds a question, in seconds. */
const MAX_HOLD_SECONDS = 30

/** How a call is made beside what it asks for. */
export interface CallOptions {
  /** Aborting it stops the tool and all its processes. */
  readonly signal: AbortSignal
  /** Whether the outcome should come with its tlog-proof. */
  readonly proof: boolean
  /** Where progress goes; without it agentd is not asked for any. */
  readonly onProgress?: ((progress: ToolProgress) => void) | undefined
}

/** agentd as an agent may speak to it, over agent.sock. Every method throws `agentd_unavailable` when nothing answers. */
export class Agentd {
  readonly #client: UnixClient

  constructor(socketPath: string, traceparent: () => string | undefined = () => undefined) {
    this.#client = new UnixClient({ socketPath, unavailable: 'agentd_unavailable', peer: 'agentd', traceparent })
  }

  tools(signal?: AbortSignal): Promise<ToolListing> {
    return this.#client.request('GET', '/v1/tools', { schema: ToolListing, signal })
  }

  /** The listing once it is another one than `digest`, or as it is after 25 s. */
  toolsAfter(digest: Sha256Hex, signal: AbortSignal): Promise<ToolListing> {
    return this.#client.request('GET', `/v1/tools?after=${digest}&wait=25`, {
      schema: ToolListing,
      signal,
      timeoutMs: 40_000,
    })
  }

  /** Makes a call. It either ran, or waits for a person; refusals are thrown. */
  async call(body: CallRequest, { signal, proof, onProgress }: CallOptions): Promise<CallAnswer> {
    const path = proof ? '/v1/calls?proof=1' : '/v1/calls'
    if (onProgress === undefined) {
      return this.#client.request('POST', path, { body, schema: CallAnswer, signal, timeoutMs: CALL_MS })
    }
    const lines = this.#client.stream('POST', path, { body, schema: CallLine, signal, timeoutMs: CALL_MS })
    for await (const line of lines) {
      if ('answer' in line) return line.answer
      if ('error' in line) throw errorFromEnvelope(line.error)
      onProgress(line.progress)
    }
    throw errorFromEnvelope({ code: 'internal', message: 'agentd ended a call without an answer.' })
  }

  /** The approval once it is decided, or as it still is after `ms`, at most 30 s. */
  approval(id: ApprovalId, ms: number, signal: AbortSignal): Promise<Approval> {
    const seconds = Math.min(MAX_HOLD_SECONDS, Math.max(0, ms / 1000))
    return this.#client.request('GET', `/v1/approvals/${id}?wait=${seconds}`, {
      schema: Approval,
      signal,
      timeoutMs: (MAX_HOLD_SECONDS + 10) * 1000,
    })
  }

  /** Newest first. */
  async approvals(): Promise<Approval[]> {
    return (await this.#client.request('GET', '/v1/approvals', { schema: ApprovalListing })).approvals
  }

  /** Says that nobody waits for this answer any more. */
  async withdraw(id: ApprovalId, session: SessionId): Promise<void> {
    await this.#client.request('POST', `/v1/approvals/${id}/withdrawal`, { body: { session }, schema: Approval })
  }

  close(): void {
    this.#client.close()
  }
}
