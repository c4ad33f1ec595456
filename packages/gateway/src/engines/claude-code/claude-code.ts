import type { EngineChoice } from '@castellan/contracts'
import { ANTHROPIC_BASE_URL } from '../anthropic/anthropic.ts'
import { installedProgram, versionOf } from '../cli/installed.ts'
import { type CliParts, runCli } from '../cli/run.ts'
import { type CredentialWish, hostAsked } from '../credentials.ts'
import type { AnswerEvent, Engine, EngineHooks, EngineState, ModelRequest, ModelSize } from '../engine.ts'
import { unasked } from '../remote/failure.ts'
import { type TryParts, withTries } from '../remote/tries.ts'
import { claudePlan } from './command.ts'
import { readOutput } from './output.ts'

type ClaudeCodeChoice = Extract<EngineChoice, { engine: 'claude-code' }>

const INSTALL = 'npm install -g @anthropic-ai/claude-code'
const ASSUMED_CONTEXT_TOKENS = 200_000

/** Claude Code as a program: its agent loop and its subscription, our tools, our policy, our ledger. */
export class ClaudeCodeEngine implements Engine {
  readonly kind = 'claude-code'
  readonly supportedAuth = ['api_key', 'oauth_token'] as const
  readonly host: string
  readonly model: string
  readonly prices: Engine['prices']
  readonly #choice: ClaudeCodeChoice
  readonly #parts: CliParts
  readonly #wish: CredentialWish

  constructor(choice: ClaudeCodeChoice, parts: CliParts, wish: CredentialWish) {
    this.host = new URL(choice.base_url ?? ANTHROPIC_BASE_URL).host
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

  /** Whether the program is there and runs. It has no question that costs nothing, so its provider is not asked. */
  async health(signal?: AbortSignal): Promise<EngineState> {
    await versionOf('claude', INSTALL, this.#parts.path, signal)
    return { state: 'ready', model: { ...(await this.size()), name: this.model } }
  }

  async *complete(request: ModelRequest, signal: AbortSignal, hooks: EngineHooks = {}): AsyncGenerator<AnswerEvent> {
    const program = installedProgram('claude', INSTALL, this.#parts.path)
    const { model } = this
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
        const baseUrl = credential.baseUrl ?? this.#choice.base_url ?? ANTHROPIC_BASE_URL
        const { host } = new URL(baseUrl)
        return runCli({
          ...{ engine: this.kind, model, baseUrl, credential, request, hooks, signal, progress },
          parts: this.#parts,
          plan: (_folder, toolsUrl) => ({
            ...claudePlan(program, { model, baseUrl, credential, request, toolsUrl }),
            read: (lines) =>
              readOutput(lines, { host, secrets: [credential.secret], progress, tools: toolsUrl !== null }),
          }),
        })
      },
      parts,
      signal,
    )
  }
}
