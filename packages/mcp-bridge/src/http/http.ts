import type { IncomingMessage, ServerResponse } from 'node:http'
import { type AgentName, newId } from '@castellan/contracts'
import { classifyInboundRequest, type InboundHttpRequest } from '@modelcontextprotocol/server'
import type { Bridge } from '../bridge.ts'
import { HttpRefusal, idOf, readMessage, rpcCodes, sendMessage, sendRefusal } from './messages.ts'
import { ModernHttp } from './modern.ts'
import { Sessions } from './sessions.ts'
import { headerOf } from './standard-headers.ts'

/** Who makes a request, as whoever authenticated it knows. `credential` tells visitors apart and lets nobody in. */
export interface Visitor {
  readonly credential: string
  readonly agent: AgentName
}

/**
 * MCP over Streamable HTTP, every revision on one endpoint: 2026-07-28 without state, the older ones with sessions. Who
 * may come here, by which name and from which origin is judged before; this trusts its {@link Visitor}.
 */
export class McpHttp {
  readonly #bridge: Bridge
  readonly #modern: ModernHttp
  readonly #sessions: Sessions

  constructor(bridge: Bridge, agent: AgentName) {
    this.#bridge = bridge
    const nobody = newId('ses')
    this.#modern = new ModernHttp(bridge, { agent, session: nobody, owner: nobody })
    this.#sessions = new Sessions(bridge)
  }

  /** Answers a request, whatever it is. Never throws. */
  async handle(request: IncomingMessage, response: ServerResponse, visitor: Visitor): Promise<void> {
    let body: unknown
    try {
      switch (request.method) {
        case 'POST':
          body = await readMessage(request)
          return await this.#post(request, response, body, visitor)
        case 'GET':
          return this.#sessions.get(request, response, visitor)
        case 'DELETE':
          return await this.#sessions.delete(request, response, visitor)
        default:
          throw new HttpRefusal(405, rpcCodes.refused, 'Method not allowed: this endpoint takes POST, GET and DELETE.')
      }
    } catch (error) {
      // Nobody is left to answer.
      if (response.destroyed) return
      if (!request.complete) response.shouldKeepAlive = false
      if (error instanceof HttpRefusal) return sendRefusal(response, error, idOf(body))
      this.#bridge.log.error({ err: error }, 'an MCP request failed')
      sendRefusal(response, new HttpRefusal(500, rpcCodes.internal, 'Internal error; the log tells more.'), idOf(body))
    }
  }

  /** Ends all sessions and streams; what runs is stopped. */
  async close(): Promise<void> {
    await Promise.all([this.#modern.close(), this.#sessions.close()])
  }

  async #post(request: IncomingMessage, response: ServerResponse, body: unknown, visitor: Visitor): Promise<void> {
    const route = classifyInboundRequest(inbound(request, body))
    switch (route.kind) {
      case 'reject': {
        const { code, message, data } = route
        const error = { code, message, ...(data === undefined ? {} : { data }) }
        return sendMessage(response, route.httpStatus, { jsonrpc: '2.0', error, id: idOf(body) })
      }
      case 'modern': {
        const { sealer } = this.#bridge
        const { agent, credential } = visitor
        // A stateless client cannot say which conversation a request is of, so those of one credential and day are one.
        const today = new Date().toISOString().slice(0, 10)
        const session = sealer.sessionOf(`${today} ${credential}`)
        const client = { agent, session, owner: sealer.sessionOf(credential) }
        return this.#modern.handle(request, response, route, client)
      }
      case 'legacy':
        return this.#sessions.post(request, response, body, visitor)
    }
  }
}

function inbound({ headers }: IncomingMessage, body: unknown): InboundHttpRequest {
  const version = headerOf(headers, 'mcp-protocol-version')
  const method = headerOf(headers, 'mcp-method')
  const name = headerOf(headers, 'mcp-name')
  return {
    httpMethod: 'POST',
    body,
    ...(version === undefined ? {} : { protocolVersionHeader: version }),
    ...(method === undefined ? {} : { mcpMethodHeader: method }),
    ...(name === undefined ? {} : { mcpNameHeader: name }),
  }
}
