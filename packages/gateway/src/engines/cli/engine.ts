import type { EngineChoice } from '@castellan/contracts'
import { type CredentialWish, hostAsked } from '../credentials.ts'
import type { AnswerEvent, Engine, EngineState, ModelSize } from '../engine.ts'
import { type TryParts, withTries } from '../remote/tries.ts'
import { versionOf } from './installed.ts'
import type { CliParts } from './run.ts'

type CliChoice = Extract<EngineChoice, { engine: 'claude-code' | 'openclaw' }>

/** What both programs are taken to hold where their agent does not say, in tokens. */
const ASSUMED_CONTEXT_TOKENS = 200_000

/** A command, and the words that install it. */
interface Program {
  readonly command: string
  readonly install: string
}

/** What engines that are programs have in common: which one, where it asks, whether it is there. */
export abstract class CliEngine<Choice extends CliChoice> {
  abstract readonly kind: Choice['engine']
  abstract readonly supportedAuth: Engine['supportedAuth']
  readonly host: string
  readonly model: string
  readonly prices: Engine['prices']
  protected readonly choice: Choice
  protected readonly parts: CliParts
  /** Where a credential names no other. */
  protected readonly baseUrl: string
  protected readonly program: Program
  readonly #wish: CredentialWish

  constructor(choice: Choice, parts: CliParts, wish: CredentialWish, baseUrl: string, program: Program) {
    this.host = new URL(baseUrl).host
    this.model = choice.model
    this.prices = choice.prices ?? null
    this.choice = choice
    this.parts = parts
    this.baseUrl = baseUrl
    this.program = program
    this.#wish = wish
  }

  async size(): Promise<ModelSize> {
    return { kind: 'chat', contextTokens: this.choice.context_tokens ?? ASSUMED_CONTEXT_TOKENS }
  }

  asks(): Promise<string> {
    const { kind: engine, supportedAuth } = this
    return hostAsked({ ...this.parts, engine, supportedAuth }, this.#wish, this.host)
  }

  /** Whether the program is there and runs. It has no question that costs nothing, so its provider is not asked. */
  async health(signal?: AbortSignal): Promise<EngineState> {
    await versionOf(this.program.command, this.program.install, this.parts.path, signal)
    return { state: 'ready', model: { ...(await this.size()), name: this.model } }
  }

  /** Runs the program, with another credential or again where that can do no harm. */
  protected tries(run: Parameters<typeof withTries>[0], signal: AbortSignal): AsyncGenerator<AnswerEvent> {
    const { kind: engine, supportedAuth, host } = this
    const parts: TryParts = { ...this.parts, wish: this.#wish, host, engine, supportedAuth }
    return withTries(run, parts, signal)
  }
}
