import { z } from 'zod'
import { changeLimits, defineTool } from '../define.ts'
import { ShownServer, sentence, serverField, shown } from './fields.ts'

export const mcpServerRestart = defineTool({
  name: 'mcp_server_restart',
  title: 'MCP server restart',
  description:
    'Stops a declared MCP server and starts it again, for one that hangs or whose secrets have changed. What it had under way ends.',
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
      effects: [`The MCP server ${server}, now ${state}, ends with everything it started, and is started again.`],
      undo: 'What it had under way stays cut off.',
    }
  },
  summary: sentence,
  run: async ({ server }, { host }) => shown(await host.mcpServers.restart(server)),
})
