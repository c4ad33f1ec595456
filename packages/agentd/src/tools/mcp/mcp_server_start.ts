import { z } from 'zod'
import { changeLimits, defineTool } from '../define.ts'
import { ShownServer, sentence, serverField, shown } from './fields.ts'

export const mcpServerStart = defineTool({
  name: 'mcp_server_start',
  title: 'MCP server start',
  description:
    'Starts a declared MCP server in its sandbox; its tools can then be called as server__tool. One that runs is left as it is.',
  input: z.strictObject({ server: serverField }),
  output: ShownServer,
  effect: 'change',
  undo: 'none',
  limits: { ...changeLimits, timeoutMs: 60_000 },
  resources: ({ server }) => [{ kind: 'mcp-server', id: server, access: 'write' }],
  // Names of tools and what went wrong are the server's own words.
  taints: () => ['untrusted-text'],
  preview: async ({ server }, { host }) => {
    const { state } = host.mcpServers.view(server)
    return {
      effects: [`The MCP server ${server}, now ${state}, starts in its sandbox and its accepted tools can be called.`],
      undo: 'mcp_server_stop stops it; what its tools did elsewhere stays.',
    }
  },
  summary: sentence,
  run: async ({ server }, { host }) => shown(await host.mcpServers.start(server)),
})
