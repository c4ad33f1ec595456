import type { AgentName, CallId, ChatId, EngineDecision, EngineRequest } from '@castellan/contracts'

/** What the model on this machine was asked, exactly as it was sent, and what its answer came from. */
export interface Decided {
  readonly request: EngineRequest
  readonly decision: EngineDecision
}

/** A call that an answer asked for. */
export interface DecidedCall {
  readonly call_id: CallId
  readonly name: string
  readonly args: Record<string, unknown>
}

/** All that is needed to decide the same again. */
export interface KeptDecision extends Decided {
  /** In the order of the answer. */
  readonly calls: readonly DecidedCall[]
  readonly chat: ChatId | null
  readonly agent: AgentName
  /** Milliseconds since 1970. */
  readonly at: number
}
