import { lstat, mkdir, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import {
  AgentDescription,
  type AgentName,
  type AgentsFile,
  type AgentsState,
  type AgentView,
  CastellanError,
  type EngineChoice,
  type Sha256Hex,
} from '@castellan/contracts'
import { type Log, writePrivateFile } from '@castellan/daemon'
import { toCastellanError } from '../plugins/errors.ts'
import type { Records } from '../records.ts'
import type { Agent } from './agent.ts'
import { mainAgent } from './built-in.ts'
import { digestOf, invalid, type ReadAgents, readAgents, understand } from './file.ts'

/** Longest name of an engine in the ledger, in characters. */
const MAX_WORD = 96

export interface AgentsOptions {
  /** agents.json; it need not be there. */
  readonly path: string
  /** Where prompt files may lie, besides `prompts` beside the file. */
  readonly promptFolders: readonly string[]
  readonly records: Pick<Records, 'append'>
  /** Refuses with `engine_unsuitable` what an agent should not be given. */
  readonly testEngine: (choice: EngineChoice, signal: AbortSignal) => Promise<unknown>
  readonly log: Log
}

export interface Change {
  /** Refuses with `conflict` where agents.json is another one by now. */
  readonly ifDigest?: Sha256Hex | undefined
  /** The credential that asks, as logs name it. */
  readonly by: string
  readonly signal: AbortSignal
}

/**
 * Who can be talked to: agents.json, read at the start and again on request. What is in force changes whole or not at all, and only to
 * what fits; chats that are under way keep what they have.
 */
export class Agents {
  readonly #options: AgentsOptions
  #inForce: ReadAgents
  #loadedAt = new Date()
  #problem: CastellanError | null = null
  readonly #listeners = new Set<(problem: CastellanError) => void>()
  /** Changes take turns. */
  #changing: Promise<unknown> = Promise.resolve()

  private constructor(options: AgentsOptions, read: ReadAgents) {
    this.#options = options
    this.#inForce = read
  }

  /** A file that does not fit leaves the built-in agent alone in force, and is a problem to be seen. */
  static async open(options: AgentsOptions): Promise<Agents> {
    await mkdir(dirname(options.path), { recursive: true, mode: 0o700 }).catch(() => undefined)
    await rm(`${options.path}.new`, { force: true }).catch(() => undefined)
    const none: ReadAgents = {
      file: null,
      digest: null,
      agents: new Map([[mainAgent.name, mainAgent]]),
      default: mainAgent,
    }
    const agents = new Agents(options, none)
    try {
      agents.#inForce = await readAgents(options.path, options.promptFolders)
    } catch (error) {
      agents.#refuse(toCastellanError(error))
    }
    return agents
  }

  get default(): Agent {
    return this.#inForce.default
  }

  /** Throws `not_found`. */
  get(name: string): Agent {
    const agent = this.#inForce.agents.get(name)
    if (agent !== undefined) return agent
    const names = [...this.#inForce.agents.keys()].join(', ')
    throw new CastellanError(
      'not_found',
      `There is no agent ${name}; there are: ${names}. agents.json says who is there.`,
    )
  }

  list(): Agent[] {
    return [...this.#inForce.agents.values()]
  }

  get state(): AgentsState {
    const { digest } = this.#inForce
    return { digest, loaded_at: this.#loadedAt.toISOString(), problem: this.#problem?.message ?? null }
  }

  view({ name, title, promptSource, engine, memory, digest }: Agent): AgentView {
    const is_default = name === this.default.name
    return { name, title, is_default, prompt_source: promptSource, engine, memory, digest }
  }

  /** Hears why agents.json was refused. */
  onProblem(listener: (problem: CastellanError) => void): void {
    this.#listeners.add(listener)
  }

  /** Reads agents.json again. Throws `agents_invalid` or `engine_unsuitable`; then the agents from before stay in force. */
  reload(by: string | null, signal: AbortSignal): Promise<void> {
    return this.#inTurn(async () => {
      const { path, promptFolders } = this.#options
      try {
        const read = await readAgents(path, promptFolders)
        await this.#testChanges(read, signal)
        if (read.digest !== this.#inForce.digest) {
          await this.#record(read, by).catch((error: unknown) => {
            this.#options.log.warn({ err: error }, 'that agents.json changed could not be put on record')
          })
        }
        this.#takeUp(read)
      } catch (error) {
        const problem = toCastellanError(error)
        await this.#recordRefusal(problem, by)
        this.#refuse(problem)
        throw problem
      }
    })
  }

  /** Writes an agent into agents.json and takes the file up. Throws `agents_invalid`, `engine_unsuitable`, `conflict`, `ledger_unavailable`. */
  async put(name: AgentName, description: AgentDescription, change: Change): Promise<Agent> {
    await this.#change(change, ({ agents, ...rest }) => ({ ...rest, agents: { ...agents, [name]: description } }))
    return this.get(name)
  }

  /** Throws `not_found`, and as {@link put} does. */
  remove(name: AgentName, change: Change): Promise<void> {
    this.get(name)
    return this.#change(change, ({ agents: { [name]: _, ...agents }, default: main, ...rest }) => {
      return { ...rest, ...(main === undefined || main === name ? {} : { default: main }), agents }
    })
  }

  #change({ ifDigest, by, signal }: Change, edit: (file: AgentsFile) => AgentsFile): Promise<void> {
    return this.#inTurn(async () => {
      const { path, promptFolders } = this.#options
      const now = await readAgents(path, promptFolders)
      if (ifDigest !== undefined && ifDigest !== now.digest) {
        throw new CastellanError('conflict', 'agents.json changed since you read it; read the agents again.')
      }
      const file = now.file ?? { version: 1, agents: { [mainAgent.name]: AgentDescription.parse({}) } }
      const text = `${JSON.stringify(edit(file), null, 2)}\n`
      const next = await understand(text, path, promptFolders)
      await this.#testChanges(next, signal)
      await refuseForeign(path)
      // On record before it counts; a file that cannot be written then is on record as well.
      await this.#record(next, by)
      try {
        await writePrivateFile(path, text)
      } catch (cause) {
        const problem = new CastellanError('read_only', `${path} cannot be written: ${(cause as Error).message}`, {
          cause,
        })
        await this.#recordRefusal(problem, by)
        throw problem
      }
      this.#takeUp(next)
    })
  }

  #takeUp(read: ReadAgents): void {
    this.#inForce = read
    this.#loadedAt = new Date()
    this.#problem = null
    this.#options.log.info({ agents: read.agents.size, digest: read.digest }, 'the agents are in force')
  }

  #refuse(problem: CastellanError): void {
    this.#problem = problem
    this.#options.log.error(
      { code: problem.code, problem: problem.message },
      'agents.json was refused; the agents from before stay',
    )
    for (const listener of this.#listeners) listener(problem)
  }

  /** An engine that nobody chose just now is not asked: a provider that is down keeps no other change from being made. */
  async #testChanges(next: ReadAgents, signal: AbortSignal): Promise<void> {
    for (const [name, { engine }] of next.agents) {
      const before = this.#inForce.agents.get(name)?.engine
      if (engine.engine === 'llama' || JSON.stringify(before) === JSON.stringify(engine)) continue
      await this.#options.testEngine(engine, signal)
    }
  }

  async #record({ agents, digest }: ReadAgents, by: string | null): Promise<void> {
    const type = 'agent_config_changed'
    const who = by === null ? {} : { by }
    for (const { name, engine } of agents.values()) {
      const before = this.#inForce.agents.get(name)?.engine
      if (before === undefined || JSON.stringify(before) === JSON.stringify(engine)) continue
      const paid = 'credential' in engine && engine.credential !== undefined ? { credential: engine.credential } : {}
      const change = { agent: name, from: wordOf(before), to: wordOf(engine), ...paid, failover: false, ...who }
      await this.#options.records.append({ type: 'engine_changed' as const, ...change })
    }
    await this.#options.records.append({ type, agents: agents.size, digest: digest ?? digestOf(''), ok: true, ...who })
  }

  async #recordRefusal({ code }: CastellanError, by: string | null): Promise<void> {
    const { agents, digest } = this.#inForce
    const who = by === null ? {} : { by }
    const record = { type: 'agent_config_changed' as const, agents: agents.size, digest: digest ?? digestOf('') }
    await this.#options.records.append({ ...record, ok: false, code, ...who }).catch((error: unknown) => {
      this.#options.log.warn({ err: error }, 'that agents.json was refused could not be put on record')
    })
  }

  #inTurn<Value>(work: () => Promise<Value>): Promise<Value> {
    const done = this.#changing.then(work)
    this.#changing = done.catch(() => undefined)
    return done
  }
}

/** An engine as the ledger names it for ever: what it is, and its model. */
function wordOf(choice: EngineChoice): string {
  return ('model' in choice ? `${choice.engine}:${choice.model}` : choice.engine).slice(0, MAX_WORD)
}

/** A link leads to what somebody else keeps, such as the NixOS module; putting a file in its place would part the two. */
async function refuseForeign(path: string): Promise<void> {
  const stats = await lstat(path).catch(() => null)
  if (stats?.isSymbolicLink() !== true) return
  throw invalid(path, 'it is a link to a file that is kept elsewhere; change it there, then reload.')
}
