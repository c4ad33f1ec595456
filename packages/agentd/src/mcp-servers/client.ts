import type { Readable, Writable } from 'node:stream'
import { CastellanError, type ToolProgress } from '@castellan/contracts'
import { version } from '@castellan/daemon'
import { z } from 'zod'
import { Rpc } from './rpc.ts'

const PROTOCOL = '2025-11-25'
const START_MS = 30_000
const LIST_MS = 15_000
const MAX_PAGES = 20
/** Tools of one server that are looked at. */
const MAX_TOOLS = 256

/** Longest schema of a tool, in characters of its JSON: it is shown to models. */
const MAX_SCHEMA = 32 * 1024
const Schema = z
  .record(z.string(), z.unknown())
  .refine((schema) => JSON.stringify(schema).length <= MAX_SCHEMA, `must have at most ${MAX_SCHEMA} characters as JSON`)

/** A tool as its server describes it. None of it is believed; all of it is pinned. */
export const OfferedTool = z.object({
  name: z.string().min(1).max(128),
  title: z.string().max(200).optional(),
  description: z.string().max(16_384).optional(),
  inputSchema: Schema,
  outputSchema: Schema.optional(),
  annotations: z.object({ destructiveHint: z.boolean().optional() }).optional(),
})
export type OfferedTool = z.output<typeof OfferedTool>

const Page = z.object({ tools: z.array(OfferedTool).max(MAX_TOOLS), nextCursor: z.string().optional() })
const Initialized = z.object({ protocolVersion: z.string(), capabilities: z.record(z.string(), z.unknown()) })
const Called = z.object({
  content: z.array(z.looseObject({ type: z.string() })).default([]),
  structuredContent: z.record(z.string(), z.unknown()).optional(),
  isError: z.boolean().default(false),
})
export type Called = z.output<typeof Called>

export interface ClientEvents {
  readonly onToolsChanged: () => void
  readonly onEnd: (error: CastellanError) => void
}

/** An MCP client (2025-11-25) on the streams of a server's process. */
export class McpClient {
  readonly #rpc: Rpc
  readonly #peer: string
  readonly #progress = new Map<number, (progress: ToolProgress) => void>()
  #token = 0

  private constructor(streams: { input: Readable; output: Writable }, peer: string, events: ClientEvents) {
    this.#peer = peer
    this.#rpc = new Rpc({
      ...streams,
      peer,
      onEnd: events.onEnd,
      onNotification: (method, params) => {
        if (method === 'notifications/tools/list_changed') events.onToolsChanged()
        if (method === 'notifications/progress') this.#told(params)
      },
    })
  }

  /** Shakes hands. Throws `mcp_server_failed`. */
  static async open(
    streams: { input: Readable; output: Writable },
    peer: string,
    events: ClientEvents,
  ): Promise<McpClient> {
    const client = new McpClient(streams, peer, events)
    const clientInfo = { name: 'castellan', version }
    const params = { protocolVersion: PROTOCOL, capabilities: {}, clientInfo }
    client.#checked(Initialized, await client.#rpc.request('initialize', params, { timeoutMs: START_MS }), 'initialize')
    client.#rpc.notify('notifications/initialized', {})
    return client
  }

  /** All tools it offers, in its order. Throws `mcp_server_failed`. */
  async tools(): Promise<OfferedTool[]> {
    const all: OfferedTool[] = []
    let cursor: string | undefined
    for (let page = 0; page < MAX_PAGES; page++) {
      const params = cursor === undefined ? {} : { cursor }
      const answer = await this.#rpc.request('tools/list', params, { timeoutMs: LIST_MS })
      const { tools, nextCursor } = this.#checked(Page, answer, 'tools/list')
      all.push(...tools)
      if (all.length > MAX_TOOLS) break
      if (nextCursor === undefined) return all
      cursor = nextCursor
    }
    throw new CastellanError('mcp_server_failed', `${this.#peer} offers more than ${MAX_TOOLS} tools.`)
  }

  /** Calls a tool by its own name. Throws `mcp_server_failed`, or the signal's reason once it was told to stop. */
  async call(
    name: string,
    args: Record<string, unknown>,
    options: { signal: AbortSignal; timeoutMs: number; onProgress: (progress: ToolProgress) => void },
  ): Promise<Called> {
    this.#token += 1
    const progressToken = this.#token
    this.#progress.set(progressToken, options.onProgress)
    try {
      const params = { name, arguments: args, _meta: { progressToken } }
      return this.#checked(Called, await this.#rpc.request('tools/call', params, options), `its tool ${name}`)
    } finally {
      this.#progress.delete(progressToken)
    }
  }

  #told(params: Record<string, unknown>): void {
    const { progressToken, progress, total, message } = params
    if (typeof progressToken !== 'number') return
    this.#progress.get(progressToken)?.({
      message: typeof message === 'string' ? message.slice(0, 500) : 'Under way.',
      ...(typeof progress === 'number' && progress >= 0 ? { done: progress } : {}),
      ...(typeof total === 'number' && total > 0 ? { total } : {}),
    })
  }

  #checked<Schema extends z.ZodType>(schema: Schema, answer: unknown, what: string): z.output<Schema> {
    const result = schema.safeParse(answer)
    if (result.success) return result.data
    throw new CastellanError('mcp_server_failed', `${this.#peer} answered ${what} in a form that MCP does not have.`)
  }
}
