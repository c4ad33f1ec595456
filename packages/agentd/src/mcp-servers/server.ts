import type { ChildProcess } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import type { Readable, Writable } from 'node:stream'
import { CastellanError } from '@castellan/contracts'
import type { Log } from '@castellan/daemon'
import type { Sandbox } from '../sandbox/index.ts'
import { type Called, McpClient, type OfferedTool } from './client.ts'
import type { McpServerConfig } from './config.ts'
import type { CallServer } from './foreign-tool.ts'
import { openWayOut, type WayOut } from './way-out.ts'

/** Time a server has to end by itself once its input is closed, in milliseconds. */
const END_MS = 2000
const MAX_SECRET_BYTES = 64 * 1024

export type McpServerState = 'stopped' | 'starting' | 'running' | 'failed'

export interface ServerParts {
  readonly name: string
  readonly config: McpServerConfig
  /** Asked for when it is needed: walls and servers know of each other. */
  readonly sandbox: () => Sandbox
  readonly log: Log
  /** The server says that its tools are others. */
  readonly onToolsChanged: () => void
  /** The server ended without being told to. */
  readonly onFailed: (error: CastellanError) => void
}

interface Running {
  readonly child: ChildProcess
  readonly client: McpClient
  readonly wayOut: WayOut | undefined
  readonly startedAt: Date
}

/** One MCP server: its process behind walls, and the way to speak to it. */
export class McpServer {
  readonly #parts: ServerParts
  #running: Running | undefined
  #state: McpServerState = 'stopped'
  #problem: string | undefined

  constructor(parts: ServerParts) {
    this.#parts = parts
  }

  get state(): McpServerState {
    return this.#state
  }

  /** Why it is not running, if it should be. */
  get problem(): string | undefined {
    return this.#problem
  }

  get startedAt(): Date | undefined {
    return this.#running?.startedAt
  }

  /** Starts it and answers the tools it offers. Throws `mcp_server_failed`, `sandbox_unavailable`, `config_invalid`. */
  async start(): Promise<OfferedTool[]> {
    this.#state = 'starting'
    this.#problem = undefined
    try {
      this.#running = await this.#launch()
      const offered = await this.#running.client.tools()
      this.#state = 'running'
      return offered
    } catch (error) {
      await this.#end()
      this.#state = 'failed'
      this.#problem = error instanceof Error ? error.message : String(error)
      throw error
    }
  }

  /** Ends it and everything it started. */
  async stop(): Promise<void> {
    this.#state = 'stopped'
    this.#problem = undefined
    await this.#end()
  }

  tools(): Promise<OfferedTool[]> {
    return this.#client().tools()
  }

  call(tool: string, args: Record<string, unknown>, options: Parameters<CallServer>[1]): Promise<Called> {
    return this.#client().call(tool, args, options)
  }

  #client(): McpClient {
    if (this.#running !== undefined && this.#state === 'running') return this.#running.client
    const why = this.#problem === undefined ? '' : ` ${this.#problem}`
    throw new CastellanError(
      'mcp_server_failed',
      `The MCP server ${this.#parts.name} is not running.${why} mcp_server_start starts it.`,
    )
  }

  async #launch(): Promise<Running> {
    const { name, config, sandbox, log } = this.#parts
    const secrets = await readSecrets(name, config)
    const wayOut = config.domains.length === 0 ? undefined : await openWayOut(config.domains, log.child({ mcp: name }))
    try {
      const child = await sandbox().serve({
        agent: `mcp-${name}`,
        argv: [...(wayOut?.command ?? []), ...config.command],
        env: { ...config.env, ...secrets, ...wayOut?.env },
        mounts: [
          ...config.folders.map(({ path, access }) => ({ from: path, to: path, writable: access === 'write' })),
          ...(wayOut?.mounts ?? []),
        ],
        unixSockets: wayOut !== undefined,
      })
      const client = await this.#connect(child)
      return { child, client, wayOut, startedAt: new Date() }
    } catch (error) {
      await wayOut?.close()
      throw error
    }
  }

  async #connect(child: ChildProcess): Promise<McpClient> {
    const { name, onToolsChanged } = this.#parts
    const { promise: failed, reject } = Promise.withResolvers<never>()
    failed.catch(() => undefined)
    const said = lastWords(child.stderr as Readable)
    child.once('error', (cause) => {
      reject(
        new CastellanError('sandbox_unavailable', `The sandbox could not be started: ${cause.message}.`, { cause }),
      )
    })
    child.once('exit', (code, signal) => {
      const words = said() === '' ? '' : ` It said: ${said()}`
      const how = signal === null ? `ended with ${code}` : `was ended by ${signal}`
      this.#onExit(child, new CastellanError('mcp_server_failed', `The MCP server ${name} ${how}.${words}`), reject)
    })
    const streams = { input: child.stdout as Readable, output: child.stdin as Writable }
    const opening = McpClient.open(streams, `The MCP server ${name}`, {
      onToolsChanged,
      // Its process tells why, a moment later; one that only closed its output is no use either.
      onEnd: () => setTimeout(() => child.kill('SIGKILL'), 200).unref(),
    })
    try {
      return await Promise.race([opening, failed])
    } catch (error) {
      child.kill('SIGKILL')
      opening.catch(() => undefined)
      // Where the process ended, that says more than that its stream did.
      const why = await Promise.race([failed.catch((reason: unknown) => reason), delayed(500)])
      throw why ?? error
    }
  }

  #onExit(child: ChildProcess, error: CastellanError, reject: (error: CastellanError) => void): void {
    reject(error)
    if (this.#running?.child !== child || this.#state !== 'running') return
    this.#state = 'failed'
    this.#problem = error.message
    void this.#end()
    this.#parts.onFailed(error)
  }

  async #end(): Promise<void> {
    const running = this.#running
    this.#running = undefined
    if (running === undefined) return
    const { child, wayOut } = running
    if (child.exitCode === null && child.signalCode === null) {
      const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
      child.stdin?.end()
      const timer = setTimeout(() => child.kill('SIGKILL'), END_MS)
      await gone
      clearTimeout(timer)
    }
    await wayOut?.close()
  }
}

/** Read at each start and handed on; neither the configuration nor a command line ever holds them. */
async function readSecrets(name: string, { secrets }: McpServerConfig): Promise<Record<string, string>> {
  const read = Object.entries(secrets).map(async ([variable, path]) => {
    const bytes = await readFile(path).catch((cause: unknown) => {
      const message = `The secret ${variable} of the MCP server ${name} cannot be read from ${path}.`
      throw new CastellanError('config_invalid', message, { cause })
    })
    if (bytes.length <= MAX_SECRET_BYTES) return [variable, bytes.toString('utf8').replace(/\r?\n$/, '')] as const
    throw new CastellanError('config_invalid', `The secret ${variable} of the MCP server ${name} is too long.`)
  })
  return Object.fromEntries(await Promise.all(read))
}

/** The end of what a process said on standard error; a server may say as much as it likes. */
function lastWords(stream: Readable): () => string {
  let text = ''
  stream.setEncoding('utf8').on('data', (chunk: string) => {
    text = (text + chunk).slice(-2000)
  })
  return () => text.trim().split('\n').at(-1)?.slice(0, 300) ?? ''
}

function delayed(ms: number): Promise<undefined> {
  return new Promise((resolve) => setTimeout(() => resolve(undefined), ms))
}
