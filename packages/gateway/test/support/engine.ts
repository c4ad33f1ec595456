import {
  CastellanError,
  EngineEmbeddingRequest,
  type EngineEmbeddingState,
  type EngineEmbeddings,
  type EngineEvent,
  type EngineHealth,
  EngineModelRequest,
  type EngineModelSwitch,
  EngineRequest,
} from '@castellan/contracts'
import { ndjson, SocketServer } from '@castellan/daemon'
import { quietLog } from './log.ts'

type Request = ReturnType<typeof EngineRequest.parse>
export type Answer = (request: Request, signal: AbortSignal) => AsyncIterable<EngineEvent> | Iterable<EngineEvent>

const USAGE = { promptTokens: 1, outputTokens: 1, durationMs: 1 }
export const stop: EngineEvent = { type: 'done', reason: 'stop', usage: USAGE }
export const say = (...words: string[]): EngineEvent[] => [
  ...words.map((text) => ({ type: 'text' as const, text })),
  stop,
]

/** Asks for one call, as models do, and finishes this message. */
export function callFor(name: string, args: Record<string, unknown> = {}): EngineEvent[] {
  return [
    { type: 'tool_call', name, args, confidence: 0.99 },
    { type: 'done', reason: 'tool_calls', usage: USAGE },
  ]
}

const EMBEDDING = { name: 'stand-in-embedding', digest: '11', dimensions: 2, contextTokens: 64 }

function base64(numbers: readonly number[]): string {
  return Buffer.from(Float32Array.from(numbers).buffer).toString('base64')
}

/** Speaks the engine's HTTP over a real Unix socket; what the model says is the test's choice. */
export class StandInEngine {
  readonly requests: Request[] = []
  state: EngineHealth['state'] = 'ready'
  kind: 'interpreter' | 'chat' = 'interpreter'
  contextTokens = 512
  digest = '0'.repeat(64)
  /** Like the built-in model: asks for disk_usage, then says the tool's summary. */
  answer: Answer = ({ messages }) => {
    const last = messages.at(-1)
    return last?.role === 'tool' ? say(last.summary) : callFor('disk_usage')
  }
  /** Makes a vector of a text; null: no embedding model is configured. */
  embed: ((text: string) => readonly number[]) | null = null
  /** Models that it was switched to, and what it refuses the next one with. */
  readonly switched: EngineModelRequest[] = []
  refusesModels: CastellanError | undefined
  /** The digest of whatever model comes; that of its name without it. */
  switchesTo: string | undefined
  readonly #server: SocketServer

  constructor() {
    this.#server = new SocketServer({ name: 'engine', log: quietLog('engine') })
    this.#server.route('GET', '/v1/health', {}, (): EngineHealth => {
      const model = this.#facts()
      return { state: this.state, model, busy: 0, slots: 1, network: 'none' }
    })
    this.#server.route('POST', '/v1/model', { body: EngineModelRequest }, ({ body }): EngineModelSwitch => {
      if (this.refusesModels !== undefined) throw this.refusesModels
      const previous = this.#facts()
      this.switched.push(body)
      if ('configured' in body) this.digest = '0'.repeat(64)
      else this.digest = this.switchesTo ?? ('id' in body ? body.id : body.path)
      return { model: this.#facts(), previous, how: 'beside', durationMs: 1 }
    })
    this.#server.route('POST', '/v1/complete', { body: EngineRequest }, ({ body, signal }) => {
      if (this.state === 'loading') throw new CastellanError('engine_loading', 'The model is being loaded.')
      this.requests.push(body)
      return ndjson(toAsync(this.answer(body, signal)))
    })
    this.#server.route('GET', '/v1/embeddings', {}, (): EngineEmbeddingState => {
      return this.embed === null ? { state: 'off', model: null } : { state: 'ready', model: EMBEDDING }
    })
    this.#server.route('POST', '/v1/embeddings', { body: EngineEmbeddingRequest }, ({ body }): EngineEmbeddings => {
      const { embed } = this
      if (embed === null) throw new CastellanError('embeddings_off', 'No embedding model is configured.')
      const vectors = body.inputs.map((text) => ({ vector: base64(embed(text)), tokens: 2, cut: false }))
      return { model: EMBEDDING, vectors }
    })
  }

  #facts() {
    const { kind, digest, contextTokens } = this
    return { name: 'stand-in', kind, digest, contextTokens, parameters: 1 }
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
