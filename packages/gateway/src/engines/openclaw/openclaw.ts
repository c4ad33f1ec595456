import type { EngineChoice } from '@castellan/contracts'
import { ANTHROPIC_BASE_URL } from '../anthropic/anthropic.ts'
import { installedProgram, versionOf } from '../cli/installed.ts'
import { type CliParts, runCli } from '../cli/run.ts'
import { type CredentialWish, hostAsked } from '../credentials.ts'
import type { AnswerEvent, Engine, EngineHooks, EngineState, ModelRequest, ModelSize } from '../engine.ts'
import { OPENAI_BASE_URL } from '../openai/openai.ts'
import { unasked } from '../remote/failure.ts'
import { type TryParts, withTries } from '../remote/tries.ts'
import { openclawPlan } from './config.ts'
import { readOutput } from './output.ts'

type OpenclawChoice = Extract<EngineChoice, { engine: 'openclaw' }>

const INSTALL = 'npm install -g openclaw'
const ASSUMED_CONTEXT_TOKENS = 200_000

/** OpenClaw as a program: one turn of its agent, with our tools and none of its own. */
export class OpenclawEngine implements Engine {
  readonly kind = 'openclaw'
  readonly supportedAuth = ['api_key'] as const
  readonly host: string
  readonly model: string
  readonly prices: Engine['prices']
  readonly #choice: OpenclawChoice
  readonly #parts: CliParts
  readonly #wish: CredentialWish
  readonly #baseUrl: string

  constructor(choice: OpenclawChoice, parts: CliParts, wish: CredentialWish) {
    this.#baseUrl = choice.base_url ?? (choice.dialect === 'anthropic' ? ANTHROPIC_BASE_URL : OPENAI_BASE_URL)
    this.host = new URL(this.#baseUrl).host
    this.model = choice.model
    this.prices = choice.prices ?? null
    this.#choice = choice
    this.#parts = parts
    this.#wish = wish
  }

  async size(): Promise<ModelSize> {
    return { kind: 'chat', contextTokens: this.#choice.context_tokens ?? ASSUMED_CONTEXT_TOKENS }
  }

  asks(): Promise<string> {
    const { kind: engine, supportedAuth } = this
    return hostAsked({ ...this.#parts, engine, supportedAuth }, this.#wish, this.host)
  }

  /** Whether the program is there and runs; its provider is not asked. */
  async health(signal?: AbortSignal): Promise<EngineState> {
    await versionOf('openclaw', INSTALL, this.#parts.path, signal)
    return { state: 'ready', model: { ...(await this.size()), name: this.model } }
  }

  async *complete(request: ModelRequest, signal: AbortSignal, hooks: EngineHooks = {}): AsyncGenerator<AnswerEvent> {
    const program = installedProgram('openclaw', INSTALL, this.#parts.path)
    const { model } = this
    const { dialect } = this.#choice
    const { contextTokens } = await this.size()
    const parts: TryParts = {
      ...this.#parts,
      wish: this.#wish,
      host: this.host,
      engine: this.kind,
      supportedAuth: this.supportedAuth,
    }
    yield* withTries(
      (credential, progress) => {
        if (credential === null) throw unasked()
        const baseUrl = credential.baseUrl ?? this.#baseUrl
        const { host } = new URL(baseUrl)
        return runCli({
          ...{ engine: this.kind, model, baseUrl, credential, request, hooks, signal, progress },
          parts: this.#parts,
          plan: (folder, toolsUrl) => ({
            ...openclawPlan(program, {
              ...{ model, dialect, baseUrl, contextTokens, credential, request, toolsUrl, folder },
            }),
            read: (lines) => readOutput(lines, { host, secrets: [credential.secret] }),
          }),
        })
      },
      parts,
      signal,
    )
  }
}
