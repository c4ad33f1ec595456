import type { EngineModel } from '@castellan/contracts'
import { hostAsked } from '../credentials.ts'
import type { AnswerEvent, Engine, EngineHooks, EngineState, ModelRequest, ModelSize } from '../engine.ts'
import { countOf, objectOf, stringOf } from '../remote/json.ts'
import { askModels, remoteState } from '../remote/models.ts'
import { askProvider, type Dialect, type RemoteParts } from '../remote/remote.ts'
import { readAnswer } from './answer.ts'
import { type AnthropicChoice, requestBody } from './request.ts'

export const ANTHROPIC_BASE_URL = 'https://api.anthropic.com'
const API_VERSION = '2023-06-01'
/** Every model of the API holds at least so many tokens. */
const ASSUMED_CONTEXT_TOKENS = 200_000

/** Anthropic's Messages API, or a server that speaks it. */
export class AnthropicEngine implements Engine {
  readonly kind = 'anthropic'
  readonly supportedAuth = ['api_key'] as const
  readonly host: string
  readonly model: string
  readonly prices: Engine['prices']
  readonly #choice: AnthropicChoice
  readonly #parts: RemoteParts
  /** As the owner says, else as the provider said when it was last asked. */
  #contextTokens: number

  constructor(
    choice: AnthropicChoice,
    parts: Pick<RemoteParts, 'outbound' | 'credentials' | 'random' | 'pause'>,
    wish: NonNullable<RemoteParts['wish']>,
  ) {
    const baseUrl = choice.base_url ?? ANTHROPIC_BASE_URL
    this.host = new URL(baseUrl).host
    this.model = choice.model
    this.prices = choice.prices ?? null
    this.#choice = choice
    this.#contextTokens = choice.context_tokens ?? ASSUMED_CONTEXT_TOKENS
    const { kind, model, host, supportedAuth } = this
    this.#parts = { ...parts, engine: kind, model, host, supportedAuth, baseUrl, wish }
  }

  async size(): Promise<ModelSize> {
    return { kind: 'chat', contextTokens: this.#contextTokens }
  }

  asks(): Promise<string> {
    return hostAsked(this.#parts, this.#parts.wish, this.host)
  }

  async health(signal?: AbortSignal): Promise<EngineState> {
    const asked = await askModels({ path: '/v1/models?limit=1000', headers, modelOf }, this.#parts, signal)
    const state = remoteState(asked, this.model, this.#choice.context_tokens, ASSUMED_CONTEXT_TOKENS)
    this.#contextTokens = state.model.contextTokens
    return state
  }

  complete(request: ModelRequest, signal: AbortSignal, hooks?: EngineHooks): AsyncIterable<AnswerEvent> {
    const { model } = this
    const body = requestBody(request, this.#choice)
    const read: Dialect['read'] = (response) => readAnswer(response, model)
    return askProvider({ path: '/v1/messages', headers, body, read }, this.#parts, signal, hooks)
  }
}

const headers: Dialect['headers'] = (credential) => {
  const version = { 'anthropic-version': API_VERSION }
  return credential === null ? version : { ...version, 'x-api-key': credential.secret }
}

function modelOf(entry: unknown): EngineModel {
  const { id, max_input_tokens } = objectOf(entry)
  return { name: stringOf(id), context_tokens: countOf(max_input_tokens) }
}
