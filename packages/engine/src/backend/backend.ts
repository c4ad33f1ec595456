import type { EngineDoctor, EngineEvent, EngineModelFacts, ErrorEnvelope } from '@castellan/contracts'
import type { PrefixTotals, SeededCompletion } from '../worker/protocol.ts'

/** How a backend is, without asking anybody. */
export interface BackendState {
  readonly state: 'loading' | 'ready' | 'failed'
  /** False while the model is out of memory, to be brought back by the next request. */
  readonly loaded: boolean
  readonly model: EngineModelFacts | null
  /** Why it `failed`. */
  readonly error?: ErrorEnvelope | undefined
  readonly network: 'none' | 'host'
}

/** What only the backend knows of what the doctor tells. */
export interface BackendReport {
  readonly version: string | null
  readonly model: EngineDoctor['model']
  readonly compute: EngineDoctor['compute']
  readonly need: EngineDoctor['memory']['need']
  readonly resident: number | null
  readonly gpu: EngineDoctor['memory']['gpu']
  readonly prefix: PrefixTotals
}

/** One model that answers, wherever it computes. */
export interface Backend {
  readonly kind: EngineDoctor['engine']['backend']
  /** Process id of the worker, where one of ours computes. */
  readonly pid: number | undefined
  state(): BackendState
  /** Resolves when the state is no longer `loading`; never rejects. */
  load(): Promise<void>
  /**
   * Resolves once a completion can begin, bringing the model back into memory for that. Rejects with why it cannot be, with
   * `engine_loading` after `patienceMs`, or with the signal's reason.
   */
  ready(signal: AbortSignal, patienceMs: number): Promise<void>
  /**
   * Runs one completion; every stream ends with `done` or `error`. Aborting the signal, or leaving the loop, cancels it.
   * `release` is called once, when the next one may begin.
   */
  complete(request: SeededCompletion, signal: AbortSignal, release: () => void): AsyncIterable<EngineEvent>
  /** Resolves when nothing runs. */
  quiet(): Promise<void>
  /**
   * Lets the model leave the memory until it is needed again. What runs is told `reason`; without one, nothing happens while
   * anything runs.
   */
  unload(reason?: ErrorEnvelope): Promise<void>
  report(): Promise<BackendReport>
  /** Ends what runs with `reason` and lets go of everything. */
  stop(reason: ErrorEnvelope): Promise<void>
}
