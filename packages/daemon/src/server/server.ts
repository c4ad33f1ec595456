import { randomBytes } from 'node:crypto'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { CastellanError } from '@castellan/contracts'
import type { z } from 'zod'
import type { Log } from '../log/logger.ts'
import { http } from '../net/http.ts'
import { readBody, readQuery } from './body.ts'
import { ByteReply, NdjsonReply, Reply, sendBytes, sendError, sendJson, sendNdjson } from './reply.ts'
import {
  type Handler,
  type Method,
  type PathParameters,
  type RouteOptions,
  type RouteRequest,
  RouteTable,
} from './route.ts'
import { listenOnSocket, type SocketFile } from './socket-file.ts'

const DEFAULT_MAX_BODY_BYTES = 1024 * 1024
const MAX_HEADER_BYTES = 16 * 1024
/** Time a client has to send a whole request, in milliseconds. */
const REQUEST_TIMEOUT_MS = 30_000
const DEFAULT_GRACE_MS = 4000

export interface SocketServerOptions {
  /** The process's name, for sentences and logs. */
  readonly name: string
  readonly log: Log
  /** Largest body where a route says nothing else, in bytes; 1 MiB without it. */
  readonly maxBodyBytes?: number
}

/**
 * JSON over HTTP on a Unix socket: `curl --unix-socket` is a debugger for it. Answers carry `X-Request-Id`, refusals the
 * error envelope. Add the routes, then {@link listen}.
 */
export class SocketServer {
  readonly #name: string
  readonly #log: Log
  readonly #maxBodyBytes: number
  readonly #routes = new RouteTable()
  readonly #server: Server
  readonly #inFlight = new Set<AbortController>()
  #closing = false

  constructor({ name, log, maxBodyBytes = DEFAULT_MAX_BODY_BYTES }: SocketServerOptions) {
    this.#name = name
    this.#log = log
    this.#maxBodyBytes = maxBodyBytes
    this.#server = http.createServer(
      // An idle connection on a Unix socket costs nothing and its client is local: closing it would only race with reuse.
      { maxHeaderSize: MAX_HEADER_BYTES, requestTimeout: REQUEST_TIMEOUT_MS, keepAliveTimeout: 0 },
      (message, response) => void this.#serve(message, response),
    )
    this.#server.on('clientError', (error: NodeJS.ErrnoException, socket) => refuseRaw(error, socket))
    // A body that will be refused is refused before it is sent.
    this.#server.on('checkContinue', (message: IncomingMessage, response: ServerResponse) => {
      response.writeContinue()
      void this.#serve(message, response)
    })
  }

  route<const Path extends string, Body extends z.ZodType = z.ZodUndefined, Query extends z.ZodType = z.ZodUndefined>(
    method: Method,
    path: Path,
    options: RouteOptions<Body, Query>,
    handler: Handler<PathParameters<Path>, z.output<Body>, z.output<Query>>,
  ): this {
    this.#routes.add({
      method,
      path,
      segments: path.split('/'),
      body: options.body,
      query: options.query,
      maxBodyBytes: options.maxBodyBytes ?? this.#maxBodyBytes,
      handler: handler as Handler<Record<string, string>, unknown, unknown>,
    })
    return this
  }

  /** Starts to accept connections. Throws `socket_in_use` or `config_invalid`; see {@link listenOnSocket}. */
  async listen(file: SocketFile): Promise<void> {
    await listenOnSocket(this.#server, file)
    this.#log.info({ socket: file.path }, 'listening')
  }

  /**
   * Refuses new requests with `shutting_down`, waits up to `graceMs` (4000 without it) for those in flight, then aborts their
   * signals and closes what is left. The socket file is removed.
   */
  async close({ graceMs = DEFAULT_GRACE_MS }: { graceMs?: number } = {}): Promise<void> {
    if (!this.#server.listening) return
    this.#closing = true
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()))
    this.#server.closeIdleConnections()
    const giveUp = setTimeout(() => {
      this.#log.warn({ requests: this.#inFlight.size }, 'requests still in flight are cut off')
      const reason = new CastellanError('shutting_down', `${this.#name} is stopping.`)
      for (const request of this.#inFlight) request.abort(reason)
      // One turn of the loop lets handlers answer with the reason before their connections go.
      setImmediate(() => this.#server.closeAllConnections())
    }, graceMs)
    await closed
    clearTimeout(giveUp)
  }

  async #serve(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const requestId = requestIdOf(message)
    const log = this.#log.child({ request_id: requestId, ...traceOf(message) })
    const abort = new AbortController()
    this.#inFlight.add(abort)
    response.setHeader('x-request-id', requestId)
    if (this.#closing) response.setHeader('connection', 'close')
    response.once('close', () => {
      this.#inFlight.delete(abort)
      if (!response.writableFinished) abort.abort(new CastellanError('cancelled', 'The client went away.'))
      // During a stop a connection that has just become idle has nothing left to wait for.
      if (this.#closing) setImmediate(() => this.#server.closeIdleConnections())
    })

    try {
      const answer = await this.#answer(message, { requestId, log, signal: abort.signal })
      if (answer instanceof NdjsonReply) await sendNdjson(response, answer, abort.signal)
      else if (answer instanceof ByteReply) await sendBytes(response, answer, abort.signal)
      else if (answer instanceof Reply) sendJson(response, answer.status, answer.value, answer.headers)
      else sendJson(response, 200, answer)
    } catch (error) {
      this.#refuse(message, response, error, requestId, log)
    }
  }

  async #answer(
    message: IncomingMessage,
    context: Pick<RouteRequest, 'requestId' | 'log' | 'signal'>,
  ): Promise<unknown> {
    if (this.#closing) {
      throw new CastellanError('shutting_down', `${this.#name} is stopping. Try again in a moment.`)
    }
    const [path = '/', search = ''] = splitUrl(message.url ?? '/')
    const match = this.#routes.match(message.method ?? '', path)
    if (match.kind === 'none') {
      throw new CastellanError('not_found', `There is no route ${path}.${match.hint}`)
    }
    if (match.kind === 'wrong_method') {
      const allowed = match.allowed.join(', ')
      throw new CastellanError('method_not_allowed', `${path} takes ${allowed}, not ${message.method}.`, {
        detail: { allowed: match.allowed },
      })
    }
    const { route, params } = match
    const query = readQuery(search, route.query)
    const body = await readBody(message, route.body, route.maxBodyBytes)
    return await route.handler({ ...context, params, query, body, headers: message.headers })
  }

  #refuse(message: IncomingMessage, response: ServerResponse, error: unknown, requestId: string, log: Log): void {
    // Nobody is left to answer; the handler was told by its signal.
    if (response.destroyed) return
    const known = error instanceof CastellanError
    if (!known) log.error({ err: error, method: message.method, url: message.url }, 'a request failed unexpectedly')
    if (response.headersSent) {
      log.error({ err: error, url: message.url }, 'an answer broke off after it had begun')
      // What was already said goes out; the end that would make it whole does not. Node writes at the end of this turn.
      setImmediate(() => response.socket?.destroySoon())
      return
    }
    const refusal = known
      ? error
      : new CastellanError('internal', `${this.#name} failed unexpectedly. Its log tells more under this request_id.`)
    if (refusal.code === 'method_not_allowed') {
      response.setHeader('allow', (refusal.detail as { allowed: string[] }).allowed.join(', '))
    }
    // What is left of an unread body would otherwise be taken for the next request, or keep the client sending.
    if (!message.complete) response.setHeader('connection', 'close')
    sendError(response, refusal, requestId)
  }
}

/** The caller's id where it is harmless, a fresh one otherwise; it ends up in headers and logs. */
function requestIdOf(message: IncomingMessage): string {
  const given = message.headers['x-request-id']
  return typeof given === 'string' && /^[\w.-]{1,64}$/.test(given)
    ? given
    : `req_${randomBytes(9).toString('base64url')}`
}

/** The trace that a request belongs to, so that it can be found in the log (W3C Trace Context). */
function traceOf({ headers }: IncomingMessage): { trace_id?: string } {
  const [, trace_id] = /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$/.exec(String(headers.traceparent)) ?? []
  return trace_id === undefined ? {} : { trace_id }
}

function splitUrl(url: string): [path: string, search: string] {
  const mark = url.indexOf('?')
  return mark === -1 ? [url, ''] : [url.slice(0, mark), url.slice(mark + 1)]
}

/** What the HTTP parser itself refuses never becomes a request, so the answer is written by hand. */
function refuseRaw(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const refusal =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? new CastellanError('headers_too_large', `The headers are larger than ${MAX_HEADER_BYTES} bytes.`)
      : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? new CastellanError(
            'deadline_exceeded',
            `The request was not complete after ${REQUEST_TIMEOUT_MS / 1000} seconds.`,
          )
        : new CastellanError('invalid_request', 'This is not an HTTP/1.1 request.')
  const body = JSON.stringify(refusal.toEnvelope(`req_${randomBytes(9).toString('base64url')}`))
  const head = [
    `HTTP/1.1 ${refusal.status} ${http.STATUS_CODES[refusal.status] ?? 'Refused'}`,
    'content-type: application/json; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`)
}
