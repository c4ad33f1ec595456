import { serverTool } from './server_tool.ts'

export const mcpServerStop = serverTool({
  name: 'mcp_server_stop',
  title: 'MCP server stop',
  description:
    'Stops a declared MCP server and everything it started; its tools are then gone until it is started again. What it had under way ends.',
  effect: 'ends with everything it started, and its tools are gone',
  undo: 'mcp_server_start starts it again; what it had under way stays cut off.',
  act: (host, server) => host.mcpServers.stop(server),
})
