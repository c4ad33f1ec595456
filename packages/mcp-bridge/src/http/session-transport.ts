import type { ServerResponse } from 'node:http'
import {
  isJSONRPCErrorResponse,
  isJSONRPCRequest,
  isJSONRPCResultResponse,
  type JSONRPCMessage,
  type JSONRPCRequest,
  type RequestId,
  type Transport,
  type TransportSendOptions,
} from '@modelcontextprotocol/server'
import { EventStream } from './event-stream.ts'
import { HttpRefusal, rpcCodes, sendMessage } from './messages.ts'

/** A request whose answer is due on this response: one JSON message, or events once something goes before it. */
interface Exchange {
  readonly response: ServerResponse
  stream: EventStream | undefined
}

/**
 * The Streamable HTTP of the older revisions for one session (MCP 2025-11-25, "Transports"). There is nothing to resume:
 * a client whose connection breaks has its requests cancelled, and the ledger tells what they did.
 */
export class SessionTransport implements Transport {
  readonly sessionId: string
  onclose?: () => void
  onerror?: (error: Error) => void
  onmessage?: NonNullable<Transport['onmessage']>
  readonly #exchanges = new Map<RequestId, Exchange>()
  /** The stream for what belongs to no request. */
  #standalone: EventStream | undefined
  #closed = false

  constructor(sessionId: string) {
    this.sessionId = sessionId
  }

  /** Requests that wait for their answer, and whether the client listens: a session with either is in use. */
  get busy(): boolean {
    return this.#exchanges.size > 0 || this.#standalone !== undefined
  }

  async start(): Promise<void> {}

  /** Takes a message of the client. Throws {@link HttpRefusal}. */
  receive(message: JSONRPCMessage, response: ServerResponse): void {
    if (this.#closed) throw new HttpRefusal(404, rpcCodes.sessionNotFound, 'Session not found: it was ended.')
    if (isJSONRPCRequest(message)) this.#open(message, response)
    else response.writeHead(202).end()
    this.onmessage?.(message)
  }

  /** The stream of a GET. Throws {@link HttpRefusal} where there is one. */
  listen(response: ServerResponse): void {
    if (this.#standalone !== undefined) {
      throw new HttpRefusal(409, rpcCodes.refused, 'Conflict: this session has a stream already.')
    }
    const stream = new EventStream(response, { 'mcp-session-id': this.sessionId })
    this.#standalone = stream
    response.once('close', () => {
      if (this.#standalone === stream) this.#standalone = undefined
    })
  }

  async send(message: JSONRPCMessage, options?: TransportSendOptions): Promise<void> {
    if (isJSONRPCResultResponse(message) || isJSONRPCErrorResponse(message)) return this.#answer(message)
    const related = options?.relatedRequestId
    if (related === undefined) {
      if (this.#standalone !== undefined) return this.#standalone.send(message)
      if (isJSONRPCRequest(message)) throw new Error('the client listens to no stream on which it could be asked')
      return
    }
    const exchange = this.#exchanges.get(related)
    if (exchange === undefined) throw new Error('the request was answered, or its client has gone')
    exchange.stream ??= new EventStream(exchange.response, { 'mcp-session-id': this.sessionId })
    exchange.stream.send(message)
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    for (const { response } of this.#exchanges.values()) response.destroy()
    this.#exchanges.clear()
    this.#standalone?.end()
    this.onclose?.()
  }

  #open(message: JSONRPCRequest, response: ServerResponse): void {
    const { id } = message
    if (this.#exchanges.has(id)) {
      throw new HttpRefusal(400, rpcCodes.invalidRequest, 'Invalid Request: this id is in use by a request under way.')
    }
    const exchange: Exchange = { response, stream: undefined }
    this.#exchanges.set(id, exchange)
    response.once('close', () => {
      if (this.#exchanges.get(id) !== exchange) return
      this.#exchanges.delete(id)
      const params = { requestId: id, reason: 'the client went away' }
      this.onmessage?.({ jsonrpc: '2.0', method: 'notifications/cancelled', params })
    })
  }

  #answer(message: JSONRPCMessage & { readonly id?: RequestId | undefined }): void {
    const exchange = message.id === undefined ? undefined : this.#exchanges.get(message.id)
    if (exchange === undefined) return
    this.#exchanges.delete(message.id as RequestId)
    if (exchange.stream === undefined) {
      sendMessage(exchange.response, 200, message, { 'mcp-session-id': this.sessionId })
    } else {
      exchange.stream.send(message)
      exchange.stream.end()
    }
  }
}
