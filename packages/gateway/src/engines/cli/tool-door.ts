import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { AgentName, type ToolDescriptor } from '@castellan/contracts'
import { http, type Log } from '@castellan/daemon'
import type { Bridge, McpHttp } from '@castellan/mcp-bridge'
import type { EngineHooks } from '../engine.ts'
import { resultText } from '../remote/tool-calls.ts'

/** Who opens the door is known by its token alone; the name is never used, because the turn makes the calls. */
const CLIENT = AgentName.parse('cli')

/**
 * The tools of one turn as an MCP server on loopback, for the program that runs the turn's loop. It lives as long as the run,
 * and its token is that run's only: whoever else finds the port is turned away.
 */
export class ToolDoor {
  readonly url: string
  readonly token: string
  readonly #server: Server
  readonly #mcp: McpHttp
  readonly #bridge: Bridge

  private constructor(parts: { token: string; server: Server; mcp: McpHttp; bridge: Bridge }) {
    this.token = parts.token
    this.#server = parts.server
    this.#mcp = parts.mcp
    this.#bridge = parts.bridge
    this.url = `http://127.0.0.1:${(parts.server.address() as AddressInfo).port}/mcp`
  }

  /** `onLost` hears why a call could not be made at all, which ends the turn. */
  static async open(
    tools: readonly ToolDescriptor[],
    callTool: NonNullable<EngineHooks['callTool']>,
    { log, onLost }: { readonly log: Log; readonly onLost: (error: unknown) => void },
  ): Promise<ToolDoor> {
    // The protocol is a good part of what a start would load, for the few gateways that run a program.
    const { Bridge, givenTools, McpHttp, Sealer } = await import('@castellan/mcp-bridge')
    const provider = givenTools(tools, async (name, args) => {
      try {
        const result = await callTool(name, args)
        return { ok: result.ok, text: resultText(result) }
      } catch (error) {
        onLost(error)
        throw error
      }
    })
    const bridge = new Bridge({ agentSocket: null, sealer: Sealer.fresh(), log, providers: [provider] })
    const mcp = new McpHttp(bridge, CLIENT)
    const token = randomBytes(32).toString('base64url')
    const server = http.createServer((request, response) => {
      if (!mayEnter(request, token)) return turnAway(response)
      void mcp.handle(request, response, { credential: 'run', agent: CLIENT })
    })
    // A call may wait for a person for as long as its approval is open.
    server.requestTimeout = 0
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(0, '127.0.0.1', resolve)
    })
    return new ToolDoor({ token, server, mcp, bridge })
  }

  async close(): Promise<void> {
    await this.#mcp.close()
    this.#bridge.close()
    this.#server.closeAllConnections()
    await new Promise<void>((resolve) => this.#server.close(() => resolve()))
  }
}

/** Browsers send an Origin; no program that we start does. */
function mayEnter({ headers, url }: IncomingMessage, token: string): boolean {
  if (url !== '/mcp' || headers.origin !== undefined) return false
  const [given, wanted] = [headers.authorization ?? '', `Bearer ${token}`].map((text) => {
    return createHash('sha256').update(text).digest()
  })
  return timingSafeEqual(given as Buffer, wanted as Buffer)
}

function turnAway(response: ServerResponse): void {
  response.writeHead(401, { connection: 'close', 'content-type': 'application/json' })
  response.end('{"error":"This endpoint is for one run of one program."}')
}
