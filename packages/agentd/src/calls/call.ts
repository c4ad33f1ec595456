import {
  type ApprovalId,
  type CallDecision,
  type CallOrigin,
  CastellanError,
  type LedgerActor,
  type LedgerDraft,
  type LedgerFacts,
  type SessionMode,
  type Sha256Hex,
  type ToolName,
  type ToolProgress,
} from '@castellan/contracts'
import type { Standing } from '../sessions/sessions.ts'
import type { Tool } from '../tools/define.ts'

/** Who is at the other end of a socket, or agentd itself for a routine. The socket says which kind, never the request. */
export interface Caller {
  readonly kind: 'agent' | 'operator' | 'routine'
  /** Whether a person agreed to exactly this call when the routine or watcher was set up. */
  readonly agreed?: boolean
  /** What the call came with within which this one is only described: it has no more, and need not show it again. */
  readonly within?: Standing
  /** Aborted when the caller goes away. */
  readonly signal: AbortSignal
  /** Where progress of the call goes, if anybody listens. */
  readonly onProgress?: (progress: ToolProgress) => void
}

/** A call that was admitted: its tool is known and its arguments fit. */
export interface Call extends CallOrigin {
  readonly tool: Tool
  readonly name: ToolName
  /** The arguments as they were sent: what is digested, approved and recorded. */
  readonly args: Readonly<Record<string, unknown>>
  /** SHA-256 over the canonical JSON of `args`. */
  readonly argsDigest: Sha256Hex
  /** The arguments as the tool's schema read them, defaults filled in: what `run` gets. */
  readonly input: unknown
  readonly approvalId: ApprovalId | undefined
  readonly signal: AbortSignal
  readonly onProgress: Caller['onProgress']
  /** What it came with: a capability, budgets. */
  readonly standing: Standing
  /** The mode that the caller wants to be held to beside its session's, and through what it says that it speaks. */
  readonly narrowedTo: SessionMode | undefined
  readonly channel: string | undefined
  /** What it came from, by the caller's word, where a model decided it. */
  readonly decision: CallDecision | undefined
  /** {@link Caller.agreed} */
  readonly agreedBefore: boolean
}

export function actorOf(call: CallOrigin): LedgerActor {
  return { kind: call.caller, name: call.agent }
}

/** What every ledger entry about a call says. */
export function headerOf(call: Call): Omit<LedgerDraft, 'type'> {
  return {
    actor: actorOf(call),
    session: call.session,
    call_id: call.call_id,
    tool: call.name,
    effect: call.tool.effect,
  }
}

/** Through what the caller says that it spoke. */
export function channelFact({ channel }: Call): LedgerFacts {
  return channel === undefined ? {} : { channel }
}

/**
 * Why a call is stopped: its caller went away (`cancelled`), agentd is stopping (`shutting_down`), or the operator froze all
 * agents (`agents_frozen`). `before` says what did not happen.
 */
export function whyStopped({ reason }: AbortSignal, before: string): CastellanError {
  const code = reason instanceof CastellanError ? reason.code : 'cancelled'
  if (code === 'shutting_down') return new CastellanError(code, `agentd is stopping, so ${before}.`)
  if (code === 'agents_frozen') {
    return new CastellanError(
      code,
      `The operator froze all agents, so ${before}. \`agentctl thaw\` lets them act again.`,
    )
  }
  return new CastellanError('cancelled', `The caller went away, so ${before}.`)
}
