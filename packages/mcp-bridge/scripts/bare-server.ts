// A server of the MCP SDK as its documentation writes one, with a `file_stat` that has the same schemas and asks the file
// system directly: on standard input and output, or with --http on a free port, which it prints.
import { stat } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { toNodeHandler } from '@modelcontextprotocol/node'
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server'
import { serveStdio } from '@modelcontextprotocol/server/stdio'
import { z } from 'zod'

function build(): McpServer {
  const server = new McpServer({ name: 'bare', version: '1.0.0' })
  server.registerTool(
    'file_stat',
    {
      title: 'File status',
      description: 'What is at a path: kind, size, owner, permissions and modification time.',
      inputSchema: z.strictObject({ path: z.string() }),
      outputSchema: z.strictObject({
        path: z.string(),
        kind: z.enum(['file', 'directory', 'symlink', 'fifo', 'socket', 'device']),
        sizeBytes: z.int(),
        mode: z.string(),
        owner: z.string(),
        group: z.string(),
        modifiedAt: z.iso.datetime({ precision: 3 }),
        links: z.int(),
      }),
    },
    async ({ path }) => {
      const facts = await stat(path)
      const structuredContent = {
        path,
        kind: facts.isDirectory() ? ('directory' as const) : ('file' as const),
        sizeBytes: facts.size,
        mode: (facts.mode & 0o7777).toString(8).padStart(4, '0'),
        owner: String(facts.uid),
        group: String(facts.gid),
        modifiedAt: facts.mtime.toISOString(),
        links: facts.nlink,
      }
      return { content: [{ type: 'text', text: JSON.stringify(structuredContent) }], structuredContent }
    },
  )
  return server
}

if (process.argv.includes('--http')) {
  const handle = toNodeHandler(createMcpHandler(build))
  const server = createServer((request, response) => void handle(request, response as Parameters<typeof handle>[1]))
  server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port))
} else {
  serveStdio(build)
}
