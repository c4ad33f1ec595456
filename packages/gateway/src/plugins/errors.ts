import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { CastellanError, type ErrorCode } from '@castellan/contracts'
import { http } from '@castellan/daemon'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { newRequestId } from './request-id.ts'
import { ANSWER_HEADERS } from './security-headers.ts'

interface Known {
  readonly code: ErrorCode
  readonly message: string
}

/** What fastify refuses by itself, in our words. */
const FASTIFY_ERRORS: Record<string, Known> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: {
    code: 'unsupported_media_type',
    message: 'This route takes JSON: send the body with Content-Type: application/json.',
  },
  FST_ERR_CTP_BODY_TOO_LARGE: { code: 'body_too_large', message: 'The body is larger than this route takes.' },
  FST_ERR_CTP_EMPTY_JSON_BODY: { code: 'invalid_json', message: 'The body is empty; send a JSON object.' },
  FST_ERR_CTP_INVALID_JSON_BODY: { code: 'invalid_json', message: 'The body is not valid JSON.' },
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: {
    code: 'invalid_request',
    message: 'Content-Length does not match the length of the body.',
  },
  FST_ERR_BAD_URL: { code: 'invalid_request', message: 'The address is not a valid URL path.' },
}

/** Turns whatever was thrown into an error with a stable code. Unknown failures stay private: their text is for the log. */
export function toCastellanError(error: unknown): CastellanError {
  if (error instanceof CastellanError) return error
  const { code, statusCode, message } = error as Partial<FastifyError>
  const known = code === undefined ? undefined : FASTIFY_ERRORS[code]
  if (known !== undefined) return new CastellanError(known.code, known.message, { cause: error })
  if (error instanceof SyntaxError && statusCode === 400) {
    return new CastellanError('invalid_json', `The body is not valid JSON: ${message ?? ''}`, { cause: error })
  }
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    // The static files' plugin says no more than "Forbidden" to a path that climbs out of its folder.
    const why = message === 'Forbidden' ? 'The address climbs out of what this gateway serves.' : message
    return new CastellanError('invalid_request', why ?? 'The request was not understood.', { cause: error })
  }
  return new CastellanError(
    'internal',
    'Something failed inside the gateway; its log says what, under this request id.',
    {
      cause: error,
    },
  )
}

/** Every refusal of every route is an `ErrorEnvelope` with the status its code has in the catalogue. */
export function addErrorEnvelopes(app: FastifyInstance): void {
  const routes = new RouteTable()
  app.addHook('onRoute', (route) => {
    for (const method of [route.method].flat()) routes.add(method, route.url)
  })

  app.setErrorHandler((error, request, reply) => sendError(error, request, reply))

  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?', 1)[0] ?? ''
    const allowed = routes.methodsFor(path)
    if (allowed.length === 0) {
      throw new CastellanError('not_found', `There is nothing at ${request.method} ${path} on this gateway.`)
    }
    reply.header('allow', allowed.join(', '))
    throw new CastellanError(
      'method_not_allowed',
      `${path} answers to ${allowed.join(' and ')}, not to ${request.method}.`,
    )
  })
}

/** Answers an address that fastify cannot read; no hook has seen the request. */
export function answerFrameworkError(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  reply.headers({ ...ANSWER_HEADERS, 'x-request-id': request.id })
  sendError(error, request, reply)
}

function sendError(thrown: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const error = toCastellanError(thrown)
  if (error.code === 'internal') request.log.error({ err: thrown }, 'a request failed')
  // RFC 9110, section 15.5.2: a 401 names the scheme that would let the client in.
  if (error.code === 'unauthorized') reply.header('www-authenticate', 'Bearer realm="castellan"')
  if (error.retryAfterSeconds !== undefined) reply.header('retry-after', String(Math.ceil(error.retryAfterSeconds)))
  reply.code(error.status).type('application/json; charset=utf-8').send(error.toEnvelope(request.id))
}

const CLIENT_ERRORS: Record<string, Known & { status?: number }> = {
  HPE_HEADER_OVERFLOW: {
    code: 'headers_too_large',
    message: 'The headers are larger than 16 KiB; send fewer or shorter ones.',
  },
  ERR_HTTP_REQUEST_TIMEOUT: {
    code: 'invalid_request',
    message: 'The request did not arrive in time; send it again in one go.',
    status: 408,
  },
}

/** Answers what is no HTTP request at all, or too large a one, before any route sees it. */
export function answerClientError(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  // What follows a request that is being answered is cut off: two answers to one request would be worse than none. Node's
  // own handler looks at the same property.
  const { _httpMessage: answering } = socket as Socket & { _httpMessage?: ServerResponse | null }
  if (answering?.headersSent === true) {
    socket.destroySoon()
    return
  }
  const known = CLIENT_ERRORS[error.code ?? ''] ?? {
    code: 'invalid_request',
    message: 'This is not a valid HTTP/1.1 request.',
  }
  refuseOnSocket(socket, new CastellanError(known.code, known.message), known.status)
}

/** A whole HTTP refusal, for a connection that no route answers on; the connection closes after it. */
export function refuseOnSocket(socket: Duplex, error: CastellanError, status: number = error.status): void {
  const requestId = newRequestId()
  const body = JSON.stringify(error.toEnvelope(requestId))
  const headers = {
    ...ANSWER_HEADERS,
    'content-type': 'application/json; charset=utf-8',
    'content-length': String(Buffer.byteLength(body)),
    'x-request-id': requestId,
    connection: 'close',
  }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
  socket.end(`HTTP/1.1 ${status} ${http.STATUS_CODES[status]}\r\n${lines.join('\r\n')}\r\n\r\n${body}`)
}

/** Which methods a path answers to: the difference between 404 and 405. Catch-all routes do not count. */
class RouteTable {
  readonly #routes: { method: string; pattern: RegExp }[] = []

  add(method: string, url: string): void {
    if (url.includes('*')) return
    const pattern = url.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll(/:[A-Za-z_]+/g, '[^/]+')
    this.#routes.push({ method, pattern: new RegExp(`^${pattern}$`) })
  }

  methodsFor(path: string): string[] {
    return this.#routes.filter((route) => route.pattern.test(path)).map((route) => route.method)
  }
}
