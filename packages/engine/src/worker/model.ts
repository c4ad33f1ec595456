import type { EngineEvent } from '@castellan/contracts'
import type { Completion } from './protocol.ts'

export type Emit = (event: EngineEvent) => void

/** A loaded model of either kind, as the worker sees it. */
export interface Model {
  readonly contextTokens: number
  /**
   * Runs one completion and emits its events, `done` last. Rejects with an EngineError, which becomes the `error` event, or
   * with the signal's reason once it was cancelled.
   */
  complete(request: Completion, signal: AbortSignal, emit: Emit): Promise<void>
}
