import { serverTool } from './server_tool.ts'

export const mcpServerRestart = serverTool({
  name: 'mcp_server_restart',
  title: 'MCP server restart',
  description:
    'Stops a declared MCP server and starts it again, for one that hangs or whose secrets have changed. What it had under way ends.',
  effect: 'ends with everything it started, and is started again',
  undo: 'What it had under way stays cut off.',
  act: (host, server) => host.mcpServers.restart(server),
})
