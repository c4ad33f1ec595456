import { setTimeout as sleep } from 'node:timers/promises'
import type { Sha256Hex, ToolDescriptor, ToolListing } from '@castellan/contracts'
import type { Tool } from '@modelcontextprotocol/server'
import type { Agentd } from '../agentd.ts'
import { describeTool } from './describe.ts'

/** Time between two tries to reach agentd, in milliseconds. */
const RETRY_MS = 1000

interface Known {
  readonly digest: Sha256Hex
  readonly tools: readonly Tool[]
  readonly byName: ReadonlyMap<string, ToolDescriptor>
}

/**
 * agentd's tools as MCP shows them. Once asked for they are kept, and one held question tells when they are others. While
 * agentd is away nothing is known, so nothing outdated is shown.
 */
export class Catalogue {
  readonly #agentd: Agentd
  readonly #listeners = new Set<() => void>()
  readonly #closing = new AbortController()
  #known: Known | undefined
  #watching = false

  constructor(agentd: Agentd) {
    this.#agentd = agentd
  }

  /** In agentd's order. Throws `agentd_unavailable`. */
  async tools(): Promise<readonly Tool[]> {
    return (await this.#get()).tools
  }

  async find(name: string): Promise<ToolDescriptor | undefined> {
    return (await this.#get()).byName.get(name)
  }

  onChanged(listener: () => void): () => void {
    this.#listeners.add(listener)
    if (!this.#watching) void this.#watch()
    return () => this.#listeners.delete(listener)
  }

  close(): void {
    this.#closing.abort()
  }

  async #get(): Promise<Known> {
    const known = this.#known ?? this.#learn(await this.#agentd.tools())
    if (!this.#watching) void this.#watch()
    return known
  }

  #learn(listing: ToolListing): Known {
    this.#known = {
      digest: listing.registryDigest,
      tools: listing.tools.map((tool) => describeTool(tool, listing.registryDigest)),
      byName: new Map(listing.tools.map((tool) => [tool.name, tool])),
    }
    return this.#known
  }

  async #watch(): Promise<void> {
    this.#watching = true
    const { signal } = this.#closing
    let last = this.#known?.digest
    while (!signal.aborted) {
      try {
        const known = this.#known
        const listing = await (known === undefined
          ? this.#agentd.tools(signal)
          : this.#agentd.toolsAfter(known.digest, signal))
        const { registryDigest } = listing
        if (registryDigest !== this.#known?.digest) this.#learn(listing)
        if (last !== undefined && last !== registryDigest) for (const listener of this.#listeners) listener()
        last = registryDigest
      } catch {
        this.#known = undefined
        await sleep(RETRY_MS, undefined, { signal, ref: false }).catch(() => undefined)
      }
    }
  }
}
