import type { IncomingMessage, ServerResponse } from 'node:http'
import { toNodeHandler } from '@modelcontextprotocol/node'
import {
  createMcpHandler,
  type InboundModernRoute,
  type McpHttpHandler,
  PerRequestHTTPServerTransport,
  SdkError,
  type Server,
} from '@modelcontextprotocol/server'
import type { Bridge } from '../bridge.ts'
import type { Client } from '../provider.ts'
import { createServer, MODERN_VERSION } from '../server.ts'
import { sendMessage } from './messages.ts'
import { HEADER_MISMATCH, headerProblem } from './standard-headers.ts'

/** MCP 2026-07-28, "Unsupported Protocol Version". */
const UNSUPPORTED_VERSION = -32_022
/** Streams of changes that are open at once. */
const MAX_SUBSCRIPTIONS = 256

/**
 * 2026-07-28 over HTTP: each request stands alone, with a server of the SDK for itself. The request is read and the answer
 * written here, as the web-standard objects that the SDK's own handler goes through cost more than all of the rest.
 */
export class ModernHttp {
  readonly #bridge: Bridge
  readonly #listening: McpHttpHandler
  readonly #stop: () => void
  /** Requests that are being served. */
  readonly #servers = new Set<Server>()

  constructor(bridge: Bridge, anybody: Client) {
    this.#bridge = bridge
    // Streams of changes are the same for every client and rare; the SDK serves them whole.
    this.#listening = createMcpHandler(() => createServer(bridge, anybody, 'modern'), {
      legacy: 'reject',
      maxSubscriptions: MAX_SUBSCRIPTIONS,
    })
    this.#stop = bridge.onToolsChanged(() => this.#listening.notify.toolsChanged())
  }

  async handle(
    request: IncomingMessage,
    response: ServerResponse,
    route: InboundModernRoute,
    client: Client,
  ): Promise<void> {
    const { revision } = route.classification
    if (revision !== MODERN_VERSION) {
      return refuse(response, route, UNSUPPORTED_VERSION, `Unsupported protocol version: ${revision ?? 'unknown'}`, {
        supported: [MODERN_VERSION],
        requested: revision ?? 'unknown',
      })
    }
    if (route.messageKind === 'request') {
      const problem = headerProblem(request.headers, route.message)
      if (problem !== undefined) return refuse(response, route, HEADER_MISMATCH, `Bad Request: ${problem}`)
      if (route.message.method === 'subscriptions/listen') {
        return toNodeHandler(this.#listening)(
          request,
          response as Parameters<ReturnType<typeof toNodeHandler>>[1],
          route.message,
        )
      }
    }
    await this.#exchange(response, route, client)
  }

  async close(): Promise<void> {
    this.#stop()
    await Promise.all([this.#listening.close(), ...[...this.#servers].map((server) => server.close())])
  }

  /** One request, one server. When the client goes away the server is closed, and with it what it was doing. */
  async #exchange(response: ServerResponse, route: InboundModernRoute, client: Client): Promise<void> {
    const transport = new PerRequestHTTPServerTransport({ classification: route.classification })
    const server = createServer(this.#bridge, client, 'modern')
    await server.connect(transport)
    this.#servers.add(server)
    response.once('close', () => {
      this.#servers.delete(server)
      void server.close()
    })
    try {
      await write(response, await transport.handleMessage(route.message))
    } catch (error) {
      // Its one way to say that the exchange was closed before there was an answer: nobody is left to have one.
      if (!(error instanceof SdkError)) throw error
      response.destroy()
    }
  }
}

async function write(response: ServerResponse, answer: Response): Promise<void> {
  if (response.destroyed) return
  const type = answer.headers.get('content-type')
  if (type?.startsWith('text/event-stream') !== true) {
    const text = await answer.text()
    response.writeHead(answer.status, {
      ...(type === null ? {} : { 'content-type': type }),
      'content-length': Buffer.byteLength(text),
    })
    response.end(text)
    return
  }
  response.writeHead(answer.status, Object.fromEntries(answer.headers))
  response.flushHeaders()
  for await (const chunk of answer.body ?? []) {
    if (response.destroyed) return
    if (!response.write(chunk)) await drained(response)
  }
  response.end()
}

function drained(response: ServerResponse): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  response.once('drain', resolve)
  response.once('close', resolve)
  return promise.finally(() => {
    response.off('drain', resolve)
    response.off('close', resolve)
  })
}

function refuse(
  response: ServerResponse,
  { message }: InboundModernRoute,
  code: number,
  text: string,
  data?: unknown,
): void {
  const id = 'id' in message ? message.id : null
  const error = { code, message: text, ...(data === undefined ? {} : { data }) }
  sendMessage(response, 400, { jsonrpc: '2.0', error, id })
}
