import { randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { newId } from '@castellan/contracts'
import {
  isInitializeRequest,
  type JSONRPCMessage,
  parseJSONRPCMessage,
  type Server,
  SUPPORTED_PROTOCOL_VERSIONS,
} from '@modelcontextprotocol/server'
import type { Bridge } from '../bridge.ts'
import type { Client } from '../provider.ts'
import { createServer } from '../server.ts'
import type { Visitor } from './http.ts'
import { HttpRefusal, rpcCodes } from './messages.ts'
import { SessionTransport } from './session-transport.ts'
import { headerOf } from './standard-headers.ts'

/** Sessions open at once, for one credential. The one that was not used for longest makes room. */
const MAX_SESSIONS = 64
/** A session that is not used for this long is ended, in milliseconds. */
const IDLE_MS = 30 * 60_000
const SWEEP_MS = 60_000

interface Session {
  readonly credential: string
  readonly server: Server
  readonly transport: SessionTransport
  usedAt: number
}

/**
 * The sessions of the older revisions. Each is a session of Castellan too, with an id made here: what a client reads in
 * one, and how often it calls, counts for that one. A session answers only to the credential that opened it.
 */
export class Sessions {
  readonly #bridge: Bridge
  readonly #sessions = new Map<string, Session>()
  readonly #sweeper: NodeJS.Timeout
  readonly #stop: () => void

  constructor(bridge: Bridge) {
    this.#bridge = bridge
    this.#sweeper = setInterval(() => this.#sweep(), SWEEP_MS)
    this.#sweeper.unref()
    this.#stop = bridge.onToolsChanged(() => {
      for (const { server } of this.#sessions.values()) server.sendToolListChanged().catch(() => undefined)
    })
  }

  get size(): number {
    return this.#sessions.size
  }

  /** A message of a client. Throws {@link HttpRefusal}. */
  async post(request: IncomingMessage, response: ServerResponse, body: unknown, visitor: Visitor): Promise<void> {
    const message = messageOf(body)
    const isOpening = isInitializeRequest(message)
    if (headerOf(request.headers, 'mcp-session-id') === undefined && isOpening) {
      const session = await this.#open(visitor)
      return session.transport.receive(message, response)
    }
    const session = this.#find(request, visitor)
    if (isOpening) throw new HttpRefusal(400, rpcCodes.invalidRequest, 'Invalid Request: this session is initialized.')
    session.transport.receive(message, response)
  }

  /** The stream of what belongs to no request. Throws {@link HttpRefusal}. */
  get(request: IncomingMessage, response: ServerResponse, visitor: Visitor): void {
    this.#find(request, visitor).transport.listen(response)
  }

  /** Ends a session. Throws {@link HttpRefusal}. */
  async delete(request: IncomingMessage, response: ServerResponse, visitor: Visitor): Promise<void> {
    const { transport, server } = this.#find(request, visitor)
    this.#sessions.delete(transport.sessionId)
    await server.close()
    response.writeHead(200).end()
  }

  async close(): Promise<void> {
    clearInterval(this.#sweeper)
    this.#stop()
    const all = [...this.#sessions.values()]
    this.#sessions.clear()
    await Promise.all(all.map(({ server }) => server.close()))
  }

  async #open({ agent, credential }: Visitor): Promise<Session> {
    this.#makeRoom(credential)
    const session = newId('ses')
    const client: Client = { agent, session, owner: session }
    const transport = new SessionTransport(randomBytes(24).toString('base64url'))
    const server = createServer(this.#bridge, client, 'legacy')
    await server.connect(transport)
    const opened = { credential, server, transport, usedAt: Date.now() }
    this.#sessions.set(transport.sessionId, opened)
    return opened
  }

  #find(request: IncomingMessage, { credential }: Visitor): Session {
    const version = headerOf(request.headers, 'mcp-protocol-version')
    if (version !== undefined && !SUPPORTED_PROTOCOL_VERSIONS.includes(version)) {
      throw new HttpRefusal(400, rpcCodes.refused, `Bad Request: protocol version ${version} is not supported here.`)
    }
    const id = headerOf(request.headers, 'mcp-session-id')
    if (id === undefined) {
      throw new HttpRefusal(400, rpcCodes.refused, 'Bad Request: send Mcp-Session-Id, or initialize first.')
    }
    const session = this.#sessions.get(id)
    if (session === undefined || session.credential !== credential) {
      throw new HttpRefusal(404, rpcCodes.sessionNotFound, 'Session not found: initialize a new one.')
    }
    session.usedAt = Date.now()
    return session
  }

  #makeRoom(credential: string): void {
    const own = [...this.#sessions.values()].filter((session) => session.credential === credential)
    if (own.length < MAX_SESSIONS) return
    const oldest = own.filter(({ transport }) => !transport.busy).sort((a, b) => a.usedAt - b.usedAt)[0]
    if (oldest === undefined) {
      throw new HttpRefusal(503, rpcCodes.refused, `${MAX_SESSIONS} sessions are in use. End one and try again.`)
    }
    this.#end(oldest)
  }

  #sweep(): void {
    const before = Date.now() - IDLE_MS
    for (const session of this.#sessions.values()) {
      if (session.usedAt < before && !session.transport.busy) this.#end(session)
    }
  }

  #end({ server, transport }: Session): void {
    this.#sessions.delete(transport.sessionId)
    void server.close()
  }
}

function messageOf(body: unknown): JSONRPCMessage {
  if (Array.isArray(body)) {
    throw new HttpRefusal(400, rpcCodes.invalidRequest, 'Invalid Request: send one message at a time, not a batch.')
  }
  try {
    return parseJSONRPCMessage(body)
  } catch {
    throw new HttpRefusal(400, rpcCodes.invalidRequest, 'Invalid Request: this is not a JSON-RPC 2.0 message.')
  }
}
