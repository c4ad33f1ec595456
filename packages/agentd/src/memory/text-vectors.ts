import { CastellanError, EngineEmbeddings, type EngineEmbeddings as Vectors } from '@castellan/contracts'
import { UnixClient, vectorOf } from '@castellan/daemon'

/** Loading a model from a slow disk takes a while; nobody waits for that here. In milliseconds. */
const EMBED_MS = 60_000

export interface TextVectors {
  /** Digest of the model that made them: vectors of another one cannot be compared with these. */
  readonly model: string
  /** Length 1 each, in the order of the texts. */
  readonly vectors: readonly Float32Array[]
}

/** What makes vectors of texts. */
export interface TextPlacer {
  /** Texts that are too long are cut. Throws where there is no model, or none that answers. */
  place(texts: readonly string[]): Promise<TextVectors>
}

/** The embedding model of the engine on this machine. What it says is numbers, and nothing but an order is made of them. */
export class EnginePlacer implements TextPlacer {
  readonly #client: UnixClient

  constructor(socketPath: string) {
    this.#client = new UnixClient({ socketPath, peer: 'The engine', unavailable: 'engine_unavailable' })
  }

  async place(texts: readonly string[]): Promise<TextVectors> {
    const answer = await this.#client.request('POST', '/v1/embeddings', {
      body: { inputs: texts, truncate: true },
      schema: EngineEmbeddings,
      timeoutMs: EMBED_MS,
    })
    return { model: answer.model.digest, vectors: vectorsOf(answer, texts.length) }
  }
}

function vectorsOf({ model: { dimensions }, vectors }: Vectors, count: number): Float32Array[] {
  const read = vectors.flatMap(({ vector }) => vectorOf(vector, dimensions) ?? [])
  if (read.length === count && read.every((vector) => vector.every(Number.isFinite))) return read
  throw new CastellanError('internal', 'The engine sent vectors of another form than was agreed.')
}
