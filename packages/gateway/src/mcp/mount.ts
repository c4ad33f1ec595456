import { join } from 'node:path'
import { AgentName, CastellanError } from '@castellan/contracts'
import type { Log } from '@castellan/daemon'
import type { Bridge, McpHttp, Provider } from '@castellan/mcp-bridge'
import type { FastifyInstance } from 'fastify'
import type { Caller } from '../plugins/auth.ts'

/** The name under which calls of MCP clients are decided and recorded; what a client calls itself decides nothing. */
const AGENT = AgentName.parse('mcp')

export interface McpMount {
  readonly agentSocket: string
  readonly stateDir: string
  readonly log: Log
  /** Further things to offer; the conformance tests mount theirs here. */
  readonly providers: readonly Provider[]
  /** The `traceparent` of what runs now. */
  readonly traceparent: () => string | undefined
}

/**
 * MCP at `/mcp`, for programs that have the token. The hooks before it have judged origin, host and token; messages, their
 * size and their errors are the protocol's own, so fastify reads no body here and writes no answer.
 */
export async function addMcp(app: FastifyInstance, mount: McpMount): Promise<void> {
  let opened: Promise<Endpoint> | undefined

  await app.register(async (scope) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', (_request, _payload, done) => done(null))
    scope.route({
      method: ['GET', 'POST', 'DELETE'],
      url: '/mcp',
      exposeHeadRoute: false,
      config: { readsItsBody: true, scope: 'operate' },
      async handler(request, reply) {
        const caller = request.caller as Caller
        if (caller.kind === 'page') {
          throw new CastellanError(
            'unauthorized',
            'MCP clients need a token: send one with the scope operate as Authorization: Bearer.',
          )
        }
        opened ??= open(mount).catch((error: unknown) => {
          opened = undefined
          throw error
        })
        const { mcp } = await opened
        reply.hijack()
        for (const [name, value] of Object.entries(reply.getHeaders())) {
          if (value !== undefined) reply.raw.setHeader(name, value)
        }
        // What was opened with a token, a stream of changes perhaps, ends with it.
        const forget = caller.standing.onEnd(() => reply.raw.destroy())
        reply.raw.once('close', forget)
        const agent = caller.agent ?? AGENT
        await mcp.handle(request.raw, reply.raw, { credential: caller.credential, agent })
      },
    })
  })

  app.addHook('preClose', async () => {
    const endpoint = await opened?.catch(() => undefined)
    await endpoint?.mcp.close()
    endpoint?.bridge.close()
  })
}

interface Endpoint {
  readonly mcp: McpHttp
  readonly bridge: Bridge
}

/** Opened for the first client: many gateways never see one, and the protocol is a good part of what a start would load. */
async function open({ agentSocket, stateDir, log, providers, traceparent }: McpMount): Promise<Endpoint> {
  const { Bridge, McpHttp, Sealer } = await import('@castellan/mcp-bridge')
  const sealer = await Sealer.open(join(stateDir, 'gateway', 'mcp.key'))
  const bridge = new Bridge({ agentSocket, sealer, log, providers, traceparent })
  return { mcp: new McpHttp(bridge, AGENT), bridge }
}
