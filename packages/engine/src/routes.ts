import { join } from 'node:path'
import { CastellanError, EngineModelRequest, EngineRequest } from '@castellan/contracts'
import { ndjson, type SocketServer } from '@castellan/daemon'
import type { Engine } from './engine.ts'

/** A conversation with long tool results; far more than any context holds. */
const MAX_REQUEST_BYTES = 16 * 1024 * 1024

/** What the engine answers on its socket, as contracts/engine.ts and contracts/engine-doctor.ts describe it. */
export function addEngineRoutes(server: SocketServer, engine: Engine, modelsFolder: string | undefined): void {
  server.route('GET', '/v1/health', {}, () => engine.health())
  server.route('GET', '/v1/doctor', {}, () => engine.doctor())
  server.route('POST', '/v1/complete', { body: EngineRequest, maxBodyBytes: MAX_REQUEST_BYTES }, async (request) =>
    ndjson(await engine.complete(request.body, request.signal)),
  )
  server.route('POST', '/v1/model', { body: EngineModelRequest }, ({ body }) =>
    engine.switchModel(fileOf(body, modelsFolder)),
  )
}

/** The file that is asked for; none for the configured one. */
function fileOf(asked: EngineModelRequest, folder: string | undefined): string | undefined {
  if ('configured' in asked) return undefined
  return 'path' in asked ? asked.path : pathOf(asked.id, folder)
}

function pathOf(id: string, folder: string | undefined): string {
  if (folder !== undefined) return join(folder, `${id}.gguf`)
  throw new CastellanError(
    'invalid_request',
    'This engine has no folder of models (modelsFolder), so a model is chosen by the path of its file.',
  )
}
