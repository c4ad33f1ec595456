import type { Loaded, ModelEvent, PrefixTotals, SeededCompletion } from './protocol.ts'

export type Emit = (event: ModelEvent) => void

/** A loaded model of either kind, as the worker sees it. */
export interface Model {
  readonly loaded: Loaded
  /** Null for a model that keeps nothing from one prompt to the next. */
  readonly prefixTotals: PrefixTotals | null
  /**
   * Runs one completion and emits its events, `done` last; calls `alive` whenever it has got on without one. Rejects with an
   * EngineError, which becomes the `error` event, or with the signal's reason once it was cancelled.
   */
  complete(request: SeededCompletion, signal: AbortSignal, emit: Emit, alive: () => void): Promise<void>
}
