import { EngineEmbeddingRequest, MAX_EMBEDDING_CHARACTERS } from '@castellan/contracts'
import type { SocketServer } from '@castellan/daemon'
import type { Embedder } from './embedder.ts'

/** As many long texts as a request may reasonably hold; escapes of JSON included. */
const MAX_REQUEST_BYTES = 64 * MAX_EMBEDDING_CHARACTERS

/** `GET` and `POST /v1/embeddings`, as contracts/embeddings.ts describes them. */
export function addEmbeddingRoutes(server: SocketServer, embedder: Embedder): void {
  server.route('GET', '/v1/embeddings', {}, () => embedder.state())
  server.route(
    'POST',
    '/v1/embeddings',
    { body: EngineEmbeddingRequest, maxBodyBytes: MAX_REQUEST_BYTES },
    ({ body, signal }) => embedder.embed(body.inputs, body.truncate, signal),
  )
}
