import { setTimeout as sleep } from 'node:timers/promises'
import {
  CastellanError,
  type LedgerActor,
  type McpServerView,
  type Sha256Hex,
  type ToolEffect,
} from '@castellan/contracts'
import { didYouMean, type Log } from '@castellan/daemon'
import type { ForeignTool, Registry } from '../calls/registry.ts'
import type { Recorder } from '../ledger/recorder.ts'
import type { Sandbox } from '../sandbox/index.ts'
import { Mutex } from '../state/mutex.ts'
import type { StateFile } from '../state/state-file.ts'
import type { OfferedTool } from './client.ts'
import type { McpServerConfig } from './config.ts'
import { foreignName, foreignTool } from './foreign-tool.ts'
import { compare, type PinFile, type PinnedTool } from './pins.ts'
import { McpServer } from './server.ts'

/** Time between two looks at the tools of a server that says they have changed, in milliseconds. */
const REFRESH_MS = 2000

const SYSTEM = { kind: 'system', name: 'agentd' } as const

export interface McpServersParts {
  readonly configs: Readonly<Record<string, McpServerConfig>>
  readonly file: StateFile<typeof PinFile>
  readonly registry: Registry
  readonly sandbox: () => Sandbox
  readonly ledger: Pick<Recorder, 'append'>
  readonly log: Log
  /** The tools are others: whoever decides by what tools there are has to know. */
  readonly onToolsChanged: () => Promise<void>
}

interface Declared {
  readonly config: McpServerConfig
  readonly server: McpServer
  /** One start, stop or listing at a time. */
  readonly changes: Mutex
  tools: readonly PinnedTool[]
  /** Whether its tools can be called: it runs a moment before that. */
  shown: boolean
  /** Whether it will be asked what its tools are now. */
  asking: boolean
}

/** The MCP servers that the owner declared, their processes, and what was agreed to of their tools. */
export class McpServers {
  readonly #parts: McpServersParts
  readonly #servers: ReadonlyMap<string, Declared>
  #pins: PinFile['servers']

  private constructor(parts: McpServersParts, pins: PinFile['servers']) {
    this.#parts = parts
    this.#pins = pins
    this.#servers = new Map(
      Object.entries(parts.configs).map(([name, config]) => {
        const server = new McpServer({
          name,
          config,
          sandbox: parts.sandbox,
          log: parts.log,
          onToolsChanged: () => void this.#refresh(name),
          onFailed: (error) => void this.#failed(name, error),
        })
        return [name, { config, server, changes: new Mutex(), tools: [], shown: false, asking: false }]
      }),
    )
  }

  static async open(parts: McpServersParts): Promise<McpServers> {
    return new McpServers(parts, (await parts.file.load())?.servers ?? {})
  }

  /** Starts those that are to be started with agentd. One that fails is told of and holds up nothing. */
  async startAll(): Promise<void> {
    const wanted = [...this.#servers].filter(([, { config }]) => config.autostart)
    await Promise.all(
      wanted.map(([name]) =>
        this.start(name).catch((error: unknown) => {
          this.#parts.log.error({ err: error, mcp_server: name }, 'an MCP server could not be started')
        }),
      ),
    )
  }

  /** Stops all that run. One that cannot be stopped in order is told of. */
  async stopAll(): Promise<void> {
    const running = [...this.#servers].filter(([, { server }]) => server.state !== 'stopped')
    await Promise.all(
      running.map(([name]) =>
        this.stop(name).catch((error: unknown) => {
          this.#parts.log.error({ err: error, mcp_server: name }, 'an MCP server could not be stopped')
        }),
      ),
    )
  }

  list(): McpServerView[] {
    return [...this.#servers.keys()].map((name) => this.view(name))
  }

  /** Throws `not_found`. */
  view(name: string): McpServerView {
    const { config, server, tools, shown } = this.#find(name)
    return {
      name,
      state: server.state === 'running' && !shown ? 'starting' : server.state,
      ...(server.problem === undefined ? {} : { problem: server.problem }),
      ...(server.startedAt === undefined ? {} : { started_at: server.startedAt.toISOString() }),
      domains: config.domains,
      secrets: Object.keys(config.secrets),
      tools: tools.map(({ offered, hash, state }) => ({
        name: foreignName(name, offered.name) ?? null,
        own_name: offered.name,
        effect: effectOf(config, offered),
        hash,
        state,
        description: offered.description ?? '',
      })),
    }
  }

  /** Throws `not_found`, and what {@link McpServer.start} throws. One that runs is left as it is. */
  start(name: string): Promise<McpServerView> {
    const declared = this.#find(name)
    return declared.changes.run(async () => {
      if (declared.server.state !== 'running') {
        const offered = await declared.server.start()
        await this.#take(name, declared, offered, 'mcp_server_started')
      }
      return this.view(name)
    })
  }

  stop(name: string): Promise<McpServerView> {
    const declared = this.#find(name)
    return declared.changes.run(async () => {
      const ran = declared.server.state === 'running'
      await declared.server.stop()
      if (ran) await this.#forget(name, declared)
      return this.view(name)
    })
  }

  async restart(name: string): Promise<McpServerView> {
    await this.stop(name)
    return this.start(name)
  }

  /**
   * The operator agrees to tools as they are now. `hashes` are those that were looked at, by the tools' own names; a tool
   * that is another one by now is refused with `mcp_tool_changed`, and nothing is agreed to.
   */
  accept(name: string, hashes: Readonly<Record<string, Sha256Hex>>, actor: LedgerActor): Promise<McpServerView> {
    const declared = this.#find(name)
    return declared.changes.run(async () => {
      for (const [tool, hash] of Object.entries(hashes)) {
        const pinned = declared.tools.find(({ offered }) => offered.name === tool)
        if (pinned?.hash === hash) continue
        throw new CastellanError(
          'mcp_tool_changed',
          `The tool ${tool} of ${name} is not what you looked at. List the servers again and look once more.`,
        )
      }
      await this.#parts.ledger.append({ type: 'mcp_tools_accepted', actor, facts: { server: name } }, { hashes })
      const accepted_at = new Date().toISOString()
      const agreed = Object.entries(hashes).map(([tool, hash]) => [tool, { hash, accepted_at }] as const)
      await this.#pin(name, { ...this.#pins[name], ...Object.fromEntries(agreed) })
      await this.#show(
        name,
        declared,
        declared.tools.map(({ offered }) => offered),
      )
      return this.view(name)
    })
  }

  async close(): Promise<void> {
    await Promise.all([...this.#servers.values()].map(({ server }) => server.stop()))
  }

  #find(name: string): Declared {
    const declared = this.#servers.get(name)
    if (declared !== undefined) return declared
    throw new CastellanError(
      'not_found',
      `No MCP server ${JSON.stringify(name)} is declared.${didYouMean(name, this.#servers.keys())} The owner declares them under mcpServers in agentd's configuration.`,
    )
  }

  /** What a server offers now: compared, put on record, and shown as far as it was agreed to. */
  async #take(
    name: string,
    declared: Declared,
    offered: readonly OfferedTool[],
    type: 'mcp_server_started' | 'mcp_tools_changed',
  ): Promise<void> {
    const tools = compare(offered, this.#pins[name])
    const facts = {
      server: name,
      tools: tools.length,
      waiting: tools.filter(({ state }) => state !== 'accepted').length,
    }
    const hashes = Object.fromEntries(tools.map((tool) => [tool.offered.name, tool.hash]))
    await this.#parts.ledger.append({ type, actor: SYSTEM, facts }, { tool_hashes: hashes })
    if (this.#pins[name] === undefined) {
      const accepted_at = new Date().toISOString()
      await this.#pin(
        name,
        Object.fromEntries(tools.map((tool) => [tool.offered.name, { hash: tool.hash, accepted_at }])),
      )
    }
    await this.#show(name, declared, offered)
  }

  async #show(name: string, declared: Declared, offered: readonly OfferedTool[]): Promise<void> {
    declared.tools = compare(offered, this.#pins[name])
    const shown: ForeignTool[] = []
    const refused = new Map<string, CastellanError>()
    for (const { offered: tool, state } of declared.tools) {
      const known = foreignName(name, tool.name)
      if (known === undefined) {
        this.#parts.log.warn({ mcp_server: name, tool: tool.name }, 'a tool cannot be named here and is left out')
      } else if (state === 'accepted') {
        shown.push(
          foreignTool(name, known, tool, {
            effect: effectOf(declared.config, tool),
            call: (args, options) => declared.server.call(tool.name, args, options),
          }),
        )
      } else refused.set(known, unaccepted(name, known, state))
    }
    this.#parts.registry.setForeign(name, shown, refused)
    await this.#parts.onToolsChanged()
    declared.shown = true
  }

  async #forget(name: string, declared: Declared, why?: string): Promise<void> {
    declared.tools = []
    declared.shown = false
    this.#parts.registry.setForeign(name, [])
    await this.#parts.onToolsChanged()
    const payload = why === undefined ? {} : { reason: why }
    await this.#parts.ledger.append({ type: 'mcp_server_stopped', actor: SYSTEM, facts: { server: name } }, payload)
  }

  async #pin(name: string, pins: PinFile['servers'][string]): Promise<void> {
    this.#pins = { ...this.#pins, [name]: pins }
    await this.#parts.file.save({ version: 1, servers: this.#pins })
  }

  /** The server says that its tools are others. However often it says so, it is asked once in a while. */
  async #refresh(name: string): Promise<void> {
    const declared = this.#find(name)
    if (declared.asking) return
    declared.asking = true
    await sleep(REFRESH_MS, undefined, { ref: false })
    declared.asking = false
    await declared.changes
      .run(async () => {
        if (declared.server.state !== 'running') return
        const offered = await declared.server.tools()
        const hashes = (tools: readonly PinnedTool[]): string => tools.map(({ hash }) => hash).join()
        if (hashes(compare(offered, this.#pins[name])) === hashes(declared.tools)) return
        await this.#take(name, declared, offered, 'mcp_tools_changed')
      })
      .catch((error: unknown) =>
        this.#parts.log.error({ err: error, mcp_server: name }, 'its tools could not be listed'),
      )
  }

  async #failed(name: string, error: CastellanError): Promise<void> {
    this.#parts.log.error({ err: error, mcp_server: name }, 'an MCP server ended')
    const declared = this.#find(name)
    await declared.changes
      .run(async () => {
        if (declared.server.state === 'failed') await this.#forget(name, declared, error.message)
      })
      .catch((cause: unknown) =>
        this.#parts.log.error({ err: cause, mcp_server: name }, 'its end could not be recorded'),
      )
  }
}

/** The owner's word; else a change, or worse where the server itself says so. */
function effectOf({ effects }: McpServerConfig, { name, annotations }: OfferedTool): ToolEffect {
  return effects[name] ?? (annotations?.destructiveHint === true ? 'destroy' : 'change')
}

function unaccepted(server: string, tool: string, state: 'changed' | 'new'): CastellanError {
  const what = state === 'new' ? 'was not there when its server was taken in' : 'is no longer what was agreed to'
  return new CastellanError(
    'mcp_tool_changed',
    `The tool ${tool} ${what}. It is refused until the operator has looked at it and run: agentctl mcp accept ${server}`,
  )
}
