import type { EngineEvent, EngineHealth, EngineRequest } from '@castellan/contracts'

/** A model that can be asked, wherever it runs. */
export interface Engine {
  /** What the engine says of itself. Throws `engine_unavailable` when it does not answer. */
  health(signal?: AbortSignal): Promise<EngineHealth>

  /**
   * Asks for the next message of a conversation and yields it as it comes, ending with a `done` or an `error` event.
   * Aborting `signal`, or leaving the loop, frees the engine. Throws `engine_unavailable` when nothing listens,
   * `engine_crashed` when it died before it was done, and whatever code the engine refuses with.
   */
  complete(request: EngineRequest, signal: AbortSignal): AsyncIterable<EngineEvent>
}
