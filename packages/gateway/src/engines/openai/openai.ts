import type { EngineModel } from '@castellan/contracts'
import { hostAsked } from '../credentials.ts'
import type { AnswerEvent, Engine, EngineHooks, EngineState, ModelRequest, ModelSize } from '../engine.ts'
import { countOf, objectOf, stringOf } from '../remote/json.ts'
import { askModels, remoteState } from '../remote/models.ts'
import { askProvider, type Dialect, type RemoteParts } from '../remote/remote.ts'
import { readAnswer } from './answer.ts'
import { type OpenAiChoice, requestBody } from './request.ts'

export const OPENAI_BASE_URL = 'https://api.openai.com/v1'
const OWN_HOST = new URL(OPENAI_BASE_URL).host
/** What a model of unknown size is taken to hold, in tokens. One that holds less says so, and the chat is made shorter. */
const OWN_CONTEXT_TOKENS = 128_000
const ASSUMED_CONTEXT_TOKENS = 32_768

type Parts = Pick<RemoteParts, 'outbound' | 'credentials' | 'random' | 'pause' | 'limits'>

/** Any server of the OpenAI Chat Completions API: OpenAI, OpenRouter, vLLM, llama-server, Ollama. */
export class OpenAiEngine implements Engine {
  readonly kind = 'openai'
  readonly supportedAuth = ['api_key', 'none'] as const
  readonly host: string
  readonly model: string
  readonly prices: Engine['prices']
  readonly #choice: OpenAiChoice
  readonly #parts: RemoteParts
  /** As the owner says, else as the provider said when it was last asked; null while nobody said. */
  #contextTokens: number | null

  constructor(choice: OpenAiChoice, parts: Parts, wish: RemoteParts['wish']) {
    const baseUrl = choice.base_url ?? OPENAI_BASE_URL
    this.host = new URL(baseUrl).host
    this.model = choice.model
    this.prices = choice.prices ?? null
    this.#choice = choice
    this.#contextTokens = choice.context_tokens ?? null
    const { kind, model, host, supportedAuth } = this
    this.#parts = { ...parts, engine: kind, model, host, supportedAuth, baseUrl, wish }
  }

  async size(): Promise<ModelSize> {
    return { kind: 'chat', contextTokens: this.#contextTokens ?? (await this.#assumed()) }
  }

  asks(): Promise<string> {
    return hostAsked(this.#parts, this.#parts.wish, this.host)
  }

  async health(signal?: AbortSignal): Promise<EngineState> {
    const asked = await askModels({ path: '/models', headers, modelOf }, this.#parts, signal)
    const state = remoteState(asked, this.model, this.#choice.context_tokens, await this.#assumed())
    this.#contextTokens = state.model.contextTokens
    return state
  }

  /** By whom is really asked: the credential says where that is, whatever the provider is called. */
  async #assumed(): Promise<number> {
    const host = await this.asks().catch(() => null)
    return host === OWN_HOST ? OWN_CONTEXT_TOKENS : ASSUMED_CONTEXT_TOKENS
  }

  async *complete(request: ModelRequest, signal: AbortSignal, hooks?: EngineHooks): AsyncGenerator<AnswerEvent> {
    const body = requestBody(request, this.#choice, await this.asks())
    const read: Dialect['read'] = (response) => readAnswer(response, this.model)
    yield* askProvider({ path: '/chat/completions', headers, body, read }, this.#parts, signal, hooks)
  }
}

const headers: Dialect['headers'] = (credential): Record<string, string> => {
  return credential === null ? {} : { authorization: `Bearer ${credential.secret}` }
}

/** OpenRouter, vLLM and llama-server each tell a model's window in a way of their own; OpenAI does not. */
function modelOf(entry: unknown): EngineModel {
  const { id, context_length, max_model_len, meta } = objectOf(entry)
  const context = countOf(context_length) ?? countOf(max_model_len) ?? countOf(objectOf(meta).n_ctx)
  return { name: stringOf(id), context_tokens: context }
}
