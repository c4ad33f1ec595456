import { serverTool } from './server_tool.ts'

export const mcpServerStart = serverTool({
  name: 'mcp_server_start',
  title: 'MCP server start',
  description:
    'Starts a declared MCP server in its sandbox; its tools can then be called as server__tool. One that runs is left as it is.',
  effect: 'starts in its sandbox and its accepted tools can be called',
  undo: 'mcp_server_stop stops it; what its tools did elsewhere stays.',
  act: (host, server) => host.mcpServers.start(server),
})
