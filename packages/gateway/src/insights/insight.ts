import type { AgentName, ChatId, EngineKind } from '@castellan/contracts'

/** An exchange with a model as it is kept: redacted and cut. */
export interface NewInsight {
  /** Milliseconds since 1970. */
  readonly at: number
  readonly chat: ChatId | null
  readonly agent: AgentName
  readonly engine: EngineKind
  readonly model: string | null
  readonly url: string | null
  readonly credential: string | null
  readonly status: number | null
  readonly duration_ms: number
  readonly problem: string | null
  readonly request: string
  readonly response: string
  /** Of what is kept. */
  readonly request_bytes: number
  readonly response_bytes: number
  /** Characters that were cut off. */
  readonly request_cut: number
  readonly response_cut: number
  readonly redactions: number
}
