import { CastellanError, EngineEvent, EngineHealth, type EngineRequest } from '@castellan/contracts'
import { UnixClient } from '@castellan/daemon'
import type { Engine } from './engine.ts'

/** Reading a long conversation on a small machine takes a while before the first word comes. In milliseconds. */
const FIRST_EVENT_MS = 10 * 60 * 1000
const HEALTH_MS = 2_000

/** llama.cpp in the process behind engine.sock. */
export class LlamaEngine implements Engine {
  readonly #client: UnixClient

  constructor(socketPath: string) {
    this.#client = new UnixClient({ socketPath, unavailable: 'engine_unavailable', peer: 'The engine' })
  }

  health(signal?: AbortSignal): Promise<EngineHealth> {
    return this.#client.request('GET', '/v1/health', { schema: EngineHealth, signal, timeoutMs: HEALTH_MS })
  }

  async *complete(request: EngineRequest, signal: AbortSignal): AsyncGenerator<EngineEvent, void, void> {
    const stream = this.#client.stream('POST', '/v1/complete', {
      body: request,
      schema: EngineEvent,
      signal,
      timeoutMs: FIRST_EVENT_MS,
    })
    try {
      for await (const event of stream) {
        yield event
        if (event.type === 'done' || event.type === 'error') return
      }
    } catch (error) {
      throw isLost(error) ? crashed(error) : error
    }
    throw crashed()
  }

  close(): void {
    this.#client.close()
  }
}

/** True when the engine took the request and went away with it, as against never having been there. */
function isLost(error: unknown): boolean {
  if (!(error instanceof CastellanError) || error.code !== 'engine_unavailable') return false
  const reason = (error.cause as NodeJS.ErrnoException | undefined)?.code
  return !['ENOENT', 'ECONNREFUSED', 'EACCES', 'EPERM'].includes(reason ?? '')
}

function crashed(cause?: unknown): CastellanError {
  return new CastellanError(
    'engine_crashed',
    'The engine stopped in the middle of its answer. It is being restarted: say it again in a moment.',
    { cause },
  )
}
