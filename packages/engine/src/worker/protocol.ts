import type { EngineEvent, EngineMemoryNeed, EngineRequest, ErrorEnvelope } from '@castellan/contracts'
import type { z } from 'zod'
import type { ComputeFacts } from './compute.ts'

/** A request after its defaults were filled in. */
export type Completion = z.output<typeof EngineRequest>

/** A completion whose seed is settled. */
export type SeededCompletion = Completion & { readonly seed: number }

/** The last event of a model. `promptDigest`: SHA-256 of the tokens it saw, hex, where they are more than the request. */
export type ModelDone = Omit<Extract<EngineEvent, { type: 'done' }>, 'decision'> & { readonly promptDigest?: string }

/** What a model emits: the engine's events, but that the engine itself says what a decision came from. */
export type ModelEvent = Exclude<EngineEvent, { type: 'done' | 'queued' }> | ModelDone

export interface LoadOptions {
  readonly modelPath: string
  readonly kind: 'interpreter' | 'chat'
  readonly slots: number
  /** Context a chat model gets at most, in tokens; the built-in model has its own. */
  readonly contextTokens: number
  /** Threads a chat model may use; 0 for every core but one. The built-in model is quickest on one. */
  readonly threads: number
  /** Whether a graphics processor is used where there is one. */
  readonly gpu: boolean
}

/** What a worker tells of the model once it is there. */
export interface Loaded {
  readonly contextTokens: number
  readonly compute: ComputeFacts
  /** Of a chat model, as computed before it was loaded. */
  readonly need: EngineMemoryNeed | null
}

/** How much of the prompts needed no evaluation, since the model was loaded; in tokens. */
export interface PrefixTotals {
  readonly promptTokens: number
  readonly reusedTokens: number
  readonly copies: number
}

/** What the engine tells its worker, one JSON message each. */
export type WorkerCommand =
  | { readonly type: 'load'; readonly options: LoadOptions }
  | { readonly type: 'tools'; readonly key: string; readonly tools: SeededCompletion['tools'] }
  | { readonly type: 'forget-tools'; readonly key: string }
  | {
      readonly type: 'complete'
      readonly id: number
      readonly request: Omit<SeededCompletion, 'tools'>
      /** Of a list of tools that was sent before. */
      readonly toolsKey: string
    }
  | { readonly type: 'cancel'; readonly id: number }

/** What the worker answers. `end` follows the last event of a completion and frees its slot; `alive` says that it gets on. */
export type WorkerReport =
  | { readonly type: 'ready'; readonly loaded: Loaded }
  | { readonly type: 'failed'; readonly error: ErrorEnvelope }
  | { readonly type: 'alive' }
  | { readonly type: 'event'; readonly id: number; readonly event: ModelEvent }
  | { readonly type: 'end'; readonly id: number; readonly prefix: PrefixTotals | null }
