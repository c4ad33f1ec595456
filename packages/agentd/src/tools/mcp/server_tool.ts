import type { McpServerView } from '@castellan/contracts'
import { z } from 'zod'
import type { Host } from '../../host/host.ts'
import { changeLimits, defineTool, type Tool } from '../define.ts'
import { ShownServer, sentence, serverField, shown } from './fields.ts'

/** A tool that starts or stops an MCP server: they differ in their words and in the one deed. */
interface ServerTool {
  readonly name: string
  readonly title: string
  readonly description: string
  /** What becomes of the server, e.g. `is started again`. */
  readonly effect: string
  /** How it is taken back, and what is not. */
  readonly undo: string
  readonly act: (host: Host, server: string) => Promise<McpServerView>
}

export function serverTool({ name, title, description, effect, undo, act }: ServerTool): Tool {
  return defineTool({
    name,
    title,
    description,
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
      return { effects: [`The MCP server ${server}, now ${state}, ${effect}.`], undo }
    },
    summary: sentence,
    run: async ({ server }, { host }) => shown(await act(host, server)),
  })
}
