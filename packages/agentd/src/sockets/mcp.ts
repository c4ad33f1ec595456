import { McpAcceptance, type McpServerListing } from '@castellan/contracts'
import type { SocketServer } from '@castellan/daemon'
import type { Agentd } from '../agentd.ts'

const OPERATOR = { kind: 'operator', name: 'operator' } as const

/** Looking at MCP servers and agreeing to their tools, on operator.sock alone: no agent can agree to a tool. */
export function addMcpServerRoutes(server: SocketServer, { mcpServers }: Agentd): void {
  server.route('GET', '/v1/mcp-servers', {}, (): McpServerListing => ({ servers: mcpServers.list() }))

  server.route('POST', '/v1/mcp-servers/:name/acceptance', { body: McpAcceptance }, ({ params, body }) =>
    mcpServers.accept(params.name, body.hashes, OPERATOR),
  )
}
