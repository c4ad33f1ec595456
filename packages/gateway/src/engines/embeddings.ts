import {
  type EngineEmbeddingRequest,
  EngineEmbeddingState,
  EngineEmbeddings,
  type EngineEmbeddings as Vectors,
} from '@castellan/contracts'
import { UnixClient } from '@castellan/daemon'

/** Loading a model from a slow disk, and hundreds of long texts on one core, take a while. In milliseconds. */
const EMBED_MS = 5 * 60 * 1000
const STATE_MS = 2_000

/** The model on this machine that makes vectors of texts, behind engine.sock. Throws `engine_unavailable` when nothing answers. */
export class Embeddings {
  readonly #client: UnixClient

  constructor(socketPath: string) {
    this.#client = new UnixClient({ socketPath, unavailable: 'engine_unavailable', peer: 'The engine' })
  }

  /** What is configured and whether it is loaded. */
  state(signal?: AbortSignal): Promise<EngineEmbeddingState> {
    const options = { schema: EngineEmbeddingState, signal, timeoutMs: STATE_MS }
    return this.#client.request('GET', '/v1/embeddings', options)
  }

  /** Throws what contracts/embeddings.ts says that the engine refuses with. */
  embed(request: EngineEmbeddingRequest, signal: AbortSignal): Promise<Vectors> {
    const options = { body: request, schema: EngineEmbeddings, signal, timeoutMs: EMBED_MS }
    return this.#client.request('POST', '/v1/embeddings', options)
  }

  close(): void {
    this.#client.close()
  }
}
