import { createHash } from 'node:crypto'
import {
  CastellanError,
  canonicalJson,
  describeTool,
  type ToolDescriptor,
  type ToolListing,
} from '@castellan/contracts'
import { didYouMean } from '@castellan/daemon'
import type { Tool } from '../tools/define.ts'

/** The tools by name, and how they are shown. Names are unique, or building it throws. */
export class Registry {
  readonly listing: ToolListing
  readonly #tools: ReadonlyMap<string, Tool>
  readonly #descriptors: ReadonlyMap<string, ToolDescriptor>

  constructor(tools: readonly Tool[]) {
    this.#tools = new Map(tools.map((tool) => [tool.name, tool]))
    if (this.#tools.size !== tools.length) throw new Error('two tools have the same name')
    const descriptors = tools.map(describeTool)
    this.#descriptors = new Map(descriptors.map((descriptor) => [descriptor.name, descriptor]))
    const registryDigest = createHash('sha256').update(canonicalJson(descriptors)).digest('hex')
    this.listing = { tools: descriptors, registryDigest }
  }

  get size(): number {
    return this.#tools.size
  }

  /** Throws `unknown_tool`, naming the nearest. */
  find(name: string): { readonly tool: Tool; readonly descriptor: ToolDescriptor } {
    const tool = this.#tools.get(name)
    const descriptor = this.#descriptors.get(name)
    if (tool !== undefined && descriptor !== undefined) return { tool, descriptor }
    throw new CastellanError(
      'unknown_tool',
      `There is no tool ${JSON.stringify(name)}.${didYouMean(name, this.#tools.keys())} GET /v1/tools lists them all.`,
    )
  }
}
