import type { EngineEvent, EngineRequest, ErrorEnvelope } from '@castellan/contracts'
import type { z } from 'zod'

/** A request after its defaults were filled in. */
export type Completion = z.output<typeof EngineRequest>

export interface LoadOptions {
  readonly modelPath: string
  readonly kind: 'interpreter' | 'chat'
  readonly slots: number
  /** Context a chat model gets at most, in tokens; the built-in model has its own. */
  readonly contextTokens: number
  /** Threads a chat model may use; 0 for every core but one. The built-in model is quickest on one. */
  readonly threads: number
}

/** What the engine tells its worker, one JSON message each. */
export type WorkerCommand =
  | { readonly type: 'load'; readonly options: LoadOptions }
  | { readonly type: 'complete'; readonly id: number; readonly request: Completion }
  | { readonly type: 'cancel'; readonly id: number }

/** What the worker answers. `end` follows the last event of a completion and frees its slot. */
export type WorkerReport =
  | { readonly type: 'ready'; readonly contextTokens: number }
  | { readonly type: 'failed'; readonly error: ErrorEnvelope }
  | { readonly type: 'event'; readonly id: number; readonly event: EngineEvent }
  | { readonly type: 'end'; readonly id: number }
