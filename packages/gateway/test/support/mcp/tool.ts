import type { Request } from '@castellan/mcp-bridge'
import type { CallToolResult, InputRequiredResult, Tool } from '@modelcontextprotocol/server'

/** A tool that the conformance scenarios call by name. */
export interface FixtureTool {
  readonly description: string
  readonly inputSchema?: Tool['inputSchema']
  call(args: Record<string, unknown>, request: Request): Promise<CallToolResult | InputRequiredResult>
}

export type FixtureTools = Readonly<Record<string, FixtureTool>>

export const anything = (name: string): Tool['inputSchema'] => ({
  type: 'object',
  properties: { [name]: { type: 'string' } },
  required: [name],
})
