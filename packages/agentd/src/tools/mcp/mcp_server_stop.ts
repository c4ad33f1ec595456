import { z } from 'zod'
import { changeLimits, defineTool } from '../define.ts'
import { ShownServer, sentence, serverField, shown } from './fields.ts'

export const mcpServerStop = defineTool({
  name: 'mcp_server_stop',
  title: 'MCP server stop',
  description:
    'Stops a declared MCP server and everything it started; its tools are then gone until it is started again. What it had under way ends.',
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
      effects: [`The MCP server ${server}, now ${state}, ends with everything it started, and its tools are gone.`],
      undo: 'mcp_server_start starts it again; what it had under way stays cut off.',
    }
  },
  summary: sentence,
  run: async ({ server }, { host }) => shown(await host.mcpServers.stop(server)),
})
