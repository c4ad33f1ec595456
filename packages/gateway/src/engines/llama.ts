import { CastellanError, type EngineChoice, EngineEvent, EngineHealth, type EngineRequest } from '@castellan/contracts'
import { UnixClient } from '@castellan/daemon'
import type { AnswerEvent, Engine, EngineHooks, ModelRequest, ModelSize } from './engine.ts'

/** Reading a long conversation on a small machine takes a while before the first word comes. In milliseconds. */
const FIRST_EVENT_MS = 10 * 60 * 1000
const HEALTH_MS = 2_000
/** The most that the engine's socket takes. */
const MAX_OUTPUT_TOKENS = 32_768

type LlamaChoice = Extract<EngineChoice, { engine: 'llama' }>

export interface LlamaOptions {
  readonly choice?: LlamaChoice
  /** Done before the model is asked, or asked about: brings back the one that was chosen. Never rejects. */
  readonly before?: () => Promise<void>
}

/** llama.cpp in the process behind engine.sock. */
export class LlamaEngine implements Engine {
  readonly kind = 'llama'
  readonly host = null
  readonly model = null
  readonly prices = null
  readonly supportedAuth = ['none'] as const
  readonly #choice: LlamaChoice
  readonly #before: () => Promise<void>
  readonly #client: UnixClient

  constructor(
    socket: string | UnixClient,
    { choice = { engine: 'llama' }, before = async () => undefined }: LlamaOptions = {},
  ) {
    this.#choice = choice
    this.#before = before
    this.#client =
      typeof socket === 'string'
        ? new UnixClient({ socketPath: socket, unavailable: 'engine_unavailable', peer: 'The engine' })
        : socket
  }

  /** The same engine as an agent wants it, over the same connections. */
  as(choice: LlamaChoice): LlamaEngine {
    return new LlamaEngine(this.#client, { choice, before: this.#before })
  }

  async size(signal?: AbortSignal): Promise<ModelSize | null> {
    await (signal === undefined ? this.#before() : orAborted(this.#before(), signal).catch(() => undefined))
    return this.health(signal).then(
      ({ model }) => model,
      () => null,
    )
  }

  async asks(): Promise<null> {
    return null
  }

  health(signal?: AbortSignal): Promise<EngineHealth> {
    return this.#client.request('GET', '/v1/health', { schema: EngineHealth, signal, timeoutMs: HEALTH_MS })
  }

  async *complete(
    asked: ModelRequest,
    signal: AbortSignal,
    hooks?: EngineHooks,
  ): AsyncGenerator<AnswerEvent, void, void> {
    await orAborted(this.#before(), signal)
    const { max_output_tokens, temperature } = this.#choice
    const limits: Partial<EngineRequest> = {
      ...(max_output_tokens === undefined ? {} : { maxTokens: Math.min(max_output_tokens, MAX_OUTPUT_TOKENS) }),
      ...(temperature === undefined ? {} : { temperature }),
    }
    const body: EngineRequest = { ...limits, ...asked, messages: asked.messages.map(plain) }
    const stream = this.#client.stream('POST', '/v1/complete', {
      body,
      schema: EngineEvent,
      signal,
      timeoutMs: FIRST_EVENT_MS,
    })
    try {
      for await (const event of stream) {
        if (event.type === 'done' && event.decision !== undefined) {
          hooks?.onDecision?.({ request: body, decision: event.decision })
        }
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

/** Who no longer wants an answer need not wait for the model that it would have come from. */
async function orAborted(done: Promise<void>, signal: AbortSignal): Promise<void> {
  const aborted = Promise.withResolvers<never>()
  const onAbort = (): void => aborted.reject(signal.reason)
  if (signal.aborted) onAbort()
  signal.addEventListener('abort', onAbort, { once: true })
  await Promise.race([done, aborted.promise]).finally(() => signal.removeEventListener('abort', onAbort))
}

/** What another provider wanted back is of no use here. */
function plain(message: ModelRequest['messages'][number]): ModelRequest['messages'][number] {
  if (message.role !== 'assistant') return message
  const { kept: _, ...rest } = message
  return rest
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
