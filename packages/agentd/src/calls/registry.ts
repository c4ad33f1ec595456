import { createHash } from 'node:crypto'
import {
  CastellanError,
  canonicalJson,
  describeTool,
  type Sha256Hex,
  type ToolDescriptor,
  type ToolListing,
  toolContract,
} from '@castellan/contracts'
import { didYouMean } from '@castellan/daemon'
import type { Tool } from '../tools/define.ts'

interface Entry {
  readonly tool: Tool
  readonly descriptor: ToolDescriptor
}

/** A tool of an MCP server: its arguments are described by the server's schema, and judged by the server. */
export interface ForeignTool {
  readonly tool: Tool
  readonly inputSchema: ToolDescriptor['inputSchema']
}

/**
 * The tools by name, and how they are shown: agentd's own, which never change while it runs, and those of the MCP
 * servers that run at the moment. Names are unique.
 */
export class Registry {
  readonly #own: readonly Entry[]
  /** By the server that offers them. */
  readonly #foreign = new Map<string, readonly Entry[]>()
  /** Names that stand for a tool which is not what was agreed to, and why they are refused. */
  #refused: ReadonlyMap<string, CastellanError> = new Map()
  readonly #refusedOf = new Map<string, ReadonlyMap<string, CastellanError>>()
  #entries: ReadonlyMap<string, Entry> = new Map()
  #listing: ToolListing = { tools: [], registryDigest: '' }
  readonly #waiting = new Set<() => void>()
  #closed = false

  /** Throws where two tools have the same name. */
  constructor(tools: readonly Tool[]) {
    this.#own = tools.map(entryOf)
    this.#rebuild()
  }

  get size(): number {
    return this.#entries.size
  }

  get listing(): ToolListing {
    return this.#listing
  }

  /** SHA-256 of each tool's {@link toolContract}, by name. */
  hashes(): Record<string, Sha256Hex> {
    return Object.fromEntries(this.#listing.tools.map((descriptor) => [descriptor.name, toolHash(descriptor)]))
  }

  /** Every tool there is at the moment. */
  tools(): Tool[] {
    return [...this.#entries.values()].map(({ tool }) => tool)
  }

  /** Throws `unknown_tool`, naming the nearest. */
  find(name: string): Entry {
    const entry = this.#entries.get(name)
    if (entry !== undefined) return entry
    const refusal = this.#refused.get(name)
    if (refusal !== undefined) throw refusal
    throw new CastellanError(
      'unknown_tool',
      `There is no tool ${JSON.stringify(name)}.${didYouMean(name, this.#entries.keys())} The list of tools has them all.`,
    )
  }

  /** What a server offers from now on, and which of its tools are refused. A name that is taken twice is a `conflict`. */
  setForeign(
    server: string,
    tools: readonly ForeignTool[],
    refused: ReadonlyMap<string, CastellanError> = new Map(),
  ): void {
    const before = this.#foreign.get(server) ?? []
    this.#foreign.set(
      server,
      tools.map(({ tool, inputSchema }) => ({ tool, descriptor: { ...describeTool(tool), inputSchema } })),
    )
    try {
      this.#rebuild()
    } catch (cause) {
      this.#foreign.set(server, before)
      throw new CastellanError('conflict', `Two tools of the MCP server ${server} would have the same name.`, { cause })
    }
    this.#refusedOf.set(server, refused)
    this.#refused = new Map([...this.#refusedOf.values()].flatMap((names) => [...names]))
    for (const resolve of [...this.#waiting]) resolve()
  }

  /** Answers once the registry is another one than `digest`, after `seconds`, or when `signal` fires. */
  async changed(digest: Sha256Hex, seconds: number, signal: AbortSignal): Promise<void> {
    const until = performance.now() + seconds * 1000
    while (this.#listing.registryDigest === digest && !signal.aborted && !this.#closed) {
      const left = until - performance.now()
      if (left <= 0) return
      const { promise, resolve } = Promise.withResolvers<void>()
      const timer = setTimeout(resolve, left)
      const onGone = (): void => resolve()
      this.#waiting.add(resolve)
      signal.addEventListener('abort', onGone, { once: true })
      await promise
      clearTimeout(timer)
      this.#waiting.delete(resolve)
      signal.removeEventListener('abort', onGone)
    }
  }

  /** Answers all who wait. */
  close(): void {
    this.#closed = true
    for (const resolve of [...this.#waiting]) resolve()
  }

  #rebuild(): void {
    const all = [...this.#own, ...[...this.#foreign.keys()].sort().flatMap((name) => this.#foreign.get(name) ?? [])]
    const entries = new Map(all.map((entry) => [entry.descriptor.name as string, entry]))
    if (entries.size !== all.length) throw new Error('two tools have the same name')
    const tools = all.map(({ descriptor }) => descriptor)
    const registryDigest = createHash('sha256').update(canonicalJson(tools)).digest('hex')
    this.#entries = entries
    this.#listing = { tools, registryDigest }
  }
}

/** SHA-256 of a tool's {@link toolContract}. */
export function toolHash(descriptor: ToolDescriptor): Sha256Hex {
  return createHash('sha256').update(toolContract(descriptor)).digest('hex')
}

function entryOf(tool: Tool): Entry {
  return { tool, descriptor: describeTool(tool) }
}
