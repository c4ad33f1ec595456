import type { McpServerView } from '@castellan/contracts'

/** The MCP servers that the owner declared. Every method throws `not_found` for another name. */
export interface McpServersPort {
  list(): McpServerView[]
  view(name: string): McpServerView
  /** Throws `mcp_server_failed` and `sandbox_unavailable`. One that runs is left as it is. */
  start(name: string): Promise<McpServerView>
  stop(name: string): Promise<McpServerView>
  restart(name: string): Promise<McpServerView>
}
