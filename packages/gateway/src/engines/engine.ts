import type {
  EngineAuth,
  EngineDecision,
  EngineEvent,
  EngineKind,
  EngineMessage,
  EngineModel,
  EngineRequest,
  ErrorEnvelope,
  ModelPrices,
  ToolDescriptor,
} from '@castellan/contracts'
import type { Decided } from '../replay/decided.ts'
import type { Exchange } from './exchange.ts'

/** A model that can be asked, wherever it runs. */
export interface Engine {
  readonly kind: EngineKind
  /** Where it thinks: null on this machine, else the host that is asked where its credential does not name another. */
  readonly host: string | null
  /** As its provider names it; null where the engine has one of its own. */
  readonly model: string | null
  readonly prices: ModelPrices | null
  readonly supportedAuth: readonly EngineAuth[]

  /** What the model holds, without asking anybody outside; null where that is not known yet. Never rejects. */
  size(signal?: AbortSignal): Promise<ModelSize | null>

  /** The host that is sent the next request, as its credential says; null on this machine. Throws where none can be used. */
  asks(): Promise<string | null>

  /** What the engine says of itself. Throws `engine_unavailable` when it does not answer. */
  health(signal?: AbortSignal): Promise<EngineState>

  /**
   * Asks for the next message of a conversation and yields it as it comes, ending with a `done` or an `error` event.
   * Aborting `signal`, or leaving the loop, frees the engine. Throws `engine_unavailable` when nothing listens,
   * `engine_crashed` when it died before it was done, and whatever code the engine refuses with.
   */
  complete(request: ModelRequest, signal: AbortSignal, hooks?: EngineHooks): AsyncIterable<AnswerEvent>
}

/** What a model is asked. Limits that are not given are the agent's, or the engine's own. */
export interface ModelRequest extends Omit<EngineRequest, 'messages' | 'tools'> {
  readonly messages: EngineMessage[]
  readonly tools: ToolDescriptor[]
}

export interface ModelSize {
  /** `interpreter`: the built-in model, which reads one request and no conversation. */
  readonly kind: 'interpreter' | 'chat'
  readonly contextTokens: number
}

export interface EngineState {
  readonly state: 'loading' | 'ready' | 'failed'
  readonly model: (ModelSize & { readonly name: string }) | null
  /** What else can be chosen, where the engine tells. */
  readonly models?: readonly EngineModel[]
  /** The credential that it was asked with, where it was asked with one; another than the first where that was refused. */
  readonly credential?: string | null
  /** Completions at once, and those under way; only where the engine is on this machine. */
  readonly busy?: number
  readonly slots?: number
  /** Why it `failed`. */
  readonly error?: ErrorEnvelope | undefined
}

/** What an engine may need of the turn that asks it. */
export interface EngineHooks {
  /** Makes a call for an engine that runs the agent's loop by itself. Rejects when the turn cannot go on. */
  readonly callTool?: (name: string, args: Record<string, unknown>) => Promise<ToolMessage>
  /** Hears exactly what was sent outside and what came back, without secrets. */
  readonly onExchange?: (exchange: Exchange) => void
  /** Hears, before its `done`, what an answer of the model on this machine came from. */
  readonly onDecision?: (decided: Decided) => void
}

export type ToolMessage = Extract<EngineMessage, { role: 'tool' }>

/** What one answer used. Null is what the engine did not tell; nothing is guessed here. */
export interface Usage {
  /** All of the input, with what the provider had kept from before. */
  readonly promptTokens: number | null
  readonly outputTokens: number | null
  readonly durationMs: number
  /** The part of the input that was read from the provider's cache, and that was written into it. */
  readonly cacheReadTokens?: number
  readonly cacheWriteTokens?: number
  /** US dollars, where the provider tells what it charges. */
  readonly cost?: number
}

/** What a provider wants back unchanged with a later request; see `EngineMessage`. */
export type Kept = NonNullable<Extract<EngineMessage, { role: 'assistant' }>['kept']>

/** Ids of the credential that did not work, and of the one that took its place. */
export interface Failover {
  readonly from: string
  readonly to: string
}

/** {@link EngineEvent}, and what only engines outside have to say. */
export type AnswerEvent =
  | Extract<EngineEvent, { type: 'queued' | 'text' | 'choices' | 'error' }>
  /** `problem`: what is wrong with the call, for the model to hear; it is not made. */
  | (Extract<EngineEvent, { type: 'tool_call' }> & { readonly problem?: string })
  /** What a model thinks before it speaks: no part of its answer. */
  | { readonly type: 'reasoning'; readonly text: string }
  /** For the people in the chat: that another try is made, or another credential is used. */
  | { readonly type: 'notice'; readonly text: string; readonly failover?: Failover }
  | {
      readonly type: 'done'
      /** `refused`: the model or its provider would not answer, or stopped the answer. */
      readonly reason: 'stop' | 'length' | 'tool_calls' | 'refused'
      readonly usage: Usage
      readonly kept?: Kept
      /** What the answer came from, where the engine on this machine gave it. */
      readonly decision?: EngineDecision | undefined
    }
