import { join } from 'node:path'
import type { EngineEvent, EngineHealth } from '@castellan/contracts'
import { EngineRequest } from '@castellan/contracts'
import { createLogger, ndjson, SocketServer } from '@castellan/daemon'

type Request = ReturnType<typeof EngineRequest.parse>
export type Answer = (request: Request, signal: AbortSignal) => AsyncIterable<EngineEvent> | Iterable<EngineEvent>

const usage = { promptTokens: 1, outputTokens: 1, durationMs: 1 }

/** The end of a message. */
export const stop: EngineEvent = { type: 'done', reason: 'stop', usage }

export function say(...words: string[]): EngineEvent[] {
  return [...words.map((text) => ({ type: 'text' as const, text })), stop]
}

export function callFor(name: string, args: Record<string, unknown> = {}): EngineEvent[] {
  return [
    { type: 'tool_call', name, args, confidence: 0.99 },
    { type: 'done', reason: 'tool_calls', usage },
  ]
}

/** Speaks the engine's HTTP over a Unix socket. What the model says is the test's choice; everything after it is real. */
export class ScriptedEngine {
  answer: Answer = () => say('…')
  readonly #server: SocketServer

  constructor(folder: string) {
    const log = createLogger({ name: 'engine', level: 'error', file: join(folder, 'engine.log') })
    this.#server = new SocketServer({ name: 'engine', log })
    this.#server.route('GET', '/v1/health', {}, (): EngineHealth => {
      const model = { name: 'scripted', kind: 'interpreter' as const, digest: '00', contextTokens: 512, parameters: 1 }
      return { state: 'ready', model, busy: 0, slots: 1, network: 'none' }
    })
    this.#server.route('POST', '/v1/complete', { body: EngineRequest }, ({ body, signal }) => {
      return ndjson(toAsync(this.answer(body, signal)))
    })
  }

  listen(path: string): Promise<void> {
    return this.#server.listen({ path, mode: 0o600, folderMode: 0o700 })
  }

  close(): Promise<void> {
    return this.#server.close({ graceMs: 0 })
  }
}

async function* toAsync(events: AsyncIterable<EngineEvent> | Iterable<EngineEvent>): AsyncGenerator<EngineEvent> {
  yield* events
}
