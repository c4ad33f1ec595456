import type { CredentialView, EngineChoice, EngineCondition, EngineKind, EngineView } from '@castellan/contracts'
import { CastellanError } from '@castellan/contracts'
import type { Log } from '@castellan/daemon'
import { knownProvider } from '../credentials/providers.ts'
import { AnthropicEngine } from './anthropic/anthropic.ts'
import { ClaudeCodeEngine } from './claude-code/claude-code.ts'
import { sweepRunFolders } from './cli/folder.ts'
import type { Tunnels } from './cli/run.ts'
import type { Walls } from './cli/walls.ts'
import type { CredentialWish, EngineCredentials } from './credentials.ts'
import type { Engine } from './engine.ts'
import type { LlamaEngine } from './llama.ts'
import { OpenAiEngine } from './openai/openai.ts'
import { OpenclawEngine } from './openclaw/openclaw.ts'
import type { Sender } from './remote/remote.ts'
import type { TryParts } from './remote/tries.ts'
import { testChoice } from './suitable.ts'

export interface EnginesParts extends Pick<TryParts, 'random' | 'pause'> {
  readonly llama: LlamaEngine
  readonly outbound: Sender & Tunnels & { state(): Promise<string> }
  /** Which credential pays. */
  readonly credentials: EngineCredentials
  /** Which there are. */
  readonly listCredentials: () => Promise<readonly CredentialView[]>
  readonly log: Log
  readonly walls?: Walls
  /** Where programs are looked for; the gateway’s own `PATH` without it. */
  readonly path?: string
}

/** Every engine there is. */
export class Engines {
  readonly #parts: EnginesParts

  constructor(parts: EnginesParts) {
    this.#parts = parts
    void sweepRunFolders()
  }

  /** The engine of an agent's description. Asks nobody; what is wrong with it shows when it is asked, or {@link test}ed. */
  create(choice: EngineChoice): Engine {
    const parts = this.#parts
    switch (choice.engine) {
      case 'llama':
        return parts.llama.as(choice)
      case 'openai':
        return new OpenAiEngine(placed(choice), parts, openAiWish(choice))
      case 'anthropic':
        return new AnthropicEngine(choice, parts, wishOf(choice, 'anthropic'))
      case 'claude-code':
        return new ClaudeCodeEngine(choice, parts, wishOf(choice, 'anthropic'))
      case 'openclaw':
        return new OpenclawEngine(choice, parts, wishOf(choice, choice.dialect))
    }
  }

  /** Holds a choice to what {@link testChoice} says, with the credential it would be paid by. */
  async test(choice: EngineChoice, signal: AbortSignal) {
    const engine = this.create(choice)
    return testChoice(engine, wishFor(choice), this.#parts.credentials, signal)
  }

  /** Each engine, and how it is as far as this machine can tell. */
  list(signal: AbortSignal): Promise<EngineView[]> {
    return Promise.all(SAMPLES.map((sample) => this.#view(sample, signal)))
  }

  async #view(sample: EngineChoice, signal: AbortSignal): Promise<EngineView> {
    const engine = this.create(sample)
    const { kind, supportedAuth } = engine
    const outside = engine.host !== null
    const about = { engine: kind, title: TITLES[kind], outside, supported_auth: [...supportedAuth] }
    try {
      // Programs are asked whether they run; a provider is not, as nobody has chosen one.
      const isProgram = kind === 'claude-code' || kind === 'openclaw'
      const health = outside && !isProgram ? null : await engine.health(signal)
      if (outside) await this.#refuseUnreachable(engine)
      const state = health?.state ?? 'ready'
      const models =
        health?.model == null || outside
          ? []
          : [{ name: health.model.name, context_tokens: health.model.contextTokens }]
      return { ...about, state, ...(health?.error === undefined ? {} : { problem: health.error }), models }
    } catch (error) {
      return { ...about, ...conditionOf(error), models: [] }
    }
  }

  async #refuseUnreachable({ kind, supportedAuth }: Engine): Promise<void> {
    if ((await this.#parts.outbound.state()) === 'unavailable') {
      throw new CastellanError(
        'airlock_unavailable',
        'The airlock, which is the only way out, does not answer; nothing outside can be asked.',
      )
    }
    if (supportedAuth.includes('none')) return
    const credentials = await this.#parts.listCredentials()
    const fitting = credentials.filter(({ auth, state }) => state !== 'revoked' && supportedAuth.includes(auth))
    if (fitting.length > 0) return
    throw new CastellanError(
      'credential_missing',
      `There is no credential that ${kind} takes (${supportedAuth.join(' or ')}). Add one on the page Engine, or with: agentctl credential add anthropic`,
    )
  }
}

const TITLES: Readonly<Record<EngineKind, string>> = {
  llama: 'The model on this machine',
  openai: 'OpenAI, or any server of its Chat Completions API',
  anthropic: 'Anthropic’s Messages API',
  'claude-code': 'Claude Code, with Castellan’s tools only',
  openclaw: 'OpenClaw, with Castellan’s tools only',
}

/** One of each, to look at what it is; none of these is ever asked for an answer. */
const SAMPLES: readonly EngineChoice[] = [
  { engine: 'llama' },
  { engine: 'openai', model: 'any' },
  { engine: 'anthropic', model: 'any' },
  { engine: 'claude-code', model: 'any' },
  { engine: 'openclaw', model: 'any', dialect: 'anthropic' },
]

type OutsideChoice = Exclude<EngineChoice, { engine: 'llama' }>

function wishOf({ credential, provider }: OutsideChoice, otherwise: string): CredentialWish {
  return credential === undefined ? { provider: provider ?? otherwise } : { credential }
}

/** A server of one's own at an address of one's own is asked without a credential, unless one is named. */
function openAiWish(choice: Extract<EngineChoice, { engine: 'openai' }>): CredentialWish | null {
  const isNamed = choice.credential !== undefined || choice.provider !== undefined
  return isNamed || choice.base_url === undefined ? wishOf(choice, 'openai') : null
}

/** A provider that is known by its name is where it is. */
function placed(choice: Extract<EngineChoice, { engine: 'openai' }>): Extract<EngineChoice, { engine: 'openai' }> {
  const base_url = choice.base_url ?? knownProvider(choice.provider ?? '')?.baseUrl
  return base_url === undefined ? choice : { ...choice, base_url }
}

function wishFor(choice: EngineChoice): CredentialWish | null {
  if (choice.engine === 'llama') return null
  if (choice.engine === 'openai') return openAiWish(choice)
  return wishOf(choice, choice.engine === 'openclaw' ? choice.dialect : 'anthropic')
}

function conditionOf(error: unknown): EngineCondition {
  if (!(error instanceof CastellanError)) throw error
  return { state: 'unavailable', problem: error.toEnvelope() }
}
