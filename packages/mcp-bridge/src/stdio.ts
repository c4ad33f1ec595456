import type { Readable, Writable } from 'node:stream'
import { type AgentName, newId } from '@castellan/contracts'
import type { Server } from '@modelcontextprotocol/server'
import { StdioServerTransport, serveStdio } from '@modelcontextprotocol/server/stdio'
import type { Bridge } from './bridge.ts'
import { createServer } from './server.ts'

export interface Streams {
  readonly input: Readable
  readonly output: Writable
}

/**
 * MCP over a pair of streams, in whichever revision the client opens with; answers once the client has closed its end.
 * All of it is one session.
 */
export async function serveStreams(bridge: Bridge, agent: AgentName, { input, output }: Streams): Promise<void> {
  const session = newId('ses')
  const client = { agent, session, owner: session }
  const servers = new Set<Server>()
  const transport = new StdioServerTransport(input, output)
  const handle = serveStdio(
    ({ era }) => {
      const server = createServer(bridge, client, era)
      servers.add(server)
      server.onclose = () => servers.delete(server)
      return server
    },
    { transport, onerror: (error) => bridge.log.debug({ err: error }, 'mcp') },
  )
  const stop = bridge.onToolsChanged(() => {
    for (const server of servers) server.sendToolListChanged().catch(() => undefined)
  })
  await new Promise<void>((resolve) => {
    input.once('close', resolve)
    input.once('end', resolve)
    output.once('error', () => resolve())
  })
  stop()
  await handle.close()
}
