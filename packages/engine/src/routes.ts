import { EngineRequest } from '@castellan/contracts'
import { ndjson, type SocketServer } from '@castellan/daemon'
import type { Engine } from './engine.ts'

/** A conversation with long tool results; far more than any context holds. */
const MAX_REQUEST_BYTES = 16 * 1024 * 1024

/** `GET /v1/health` and `POST /v1/complete`, as contracts/engine.ts describes them. */
export function addEngineRoutes(server: SocketServer, engine: Engine): void {
  server.route('GET', '/v1/health', {}, () => engine.health())
  server.route('POST', '/v1/complete', { body: EngineRequest, maxBodyBytes: MAX_REQUEST_BYTES }, async (request) =>
    ndjson(await engine.complete(request.body, request.signal)),
  )
}
