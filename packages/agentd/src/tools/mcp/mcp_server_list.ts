import { z } from 'zod'
import { defineTool, readLimits } from '../define.ts'
import { count } from '../words.ts'
import { ShownServer, sentence, shown } from './fields.ts'

export const mcpServerList = defineTool({
  name: 'mcp_server_list',
  title: 'MCP servers',
  description:
    'The MCP servers that the owner declared: whether each runs, the tools it brings here, and which of them wait for the operator because they are not what was agreed to.',
  input: z.strictObject({}),
  output: z.strictObject({ servers: z.array(ShownServer) }),
  effect: 'read',
  undo: 'none',
  limits: readLimits,
  // Names of tools and what went wrong are the server's own words.
  taints: ({ servers }) => (servers.length === 0 ? [] : ['untrusted-text']),
  summary: ({ servers }) => {
    if (servers.length === 0) return 'No MCP server is declared.'
    return [`${count(servers.length, 'MCP server')}.`, ...servers.slice(0, 6).map(sentence)].join(' ')
  },
  run: async (_input, { host }) => ({ servers: host.mcpServers.list().map(shown) }),
})
