import { randomBytes } from 'node:crypto'
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import type { FastifyInstance } from 'fastify'

const ACCEPTABLE = /^[A-Za-z0-9._-]{1,64}$/

/** The caller's own `X-Request-Id` where it is harmless to log and to repeat, else a fresh one. */
export function requestIdOf(request: { headers: IncomingHttpHeaders } | IncomingMessage): string {
  const given = request.headers['x-request-id']
  return typeof given === 'string' && ACCEPTABLE.test(given) ? given : newRequestId()
}

export function newRequestId(): string {
  return `req_${randomBytes(9).toString('base64url')}`
}

/** Puts `X-Request-Id` on every answer, so that what a person reports can be found in the log. */
export function addRequestId(app: FastifyInstance): void {
  app.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id)
    done()
  })
}

/** One line for each answer: the route it took and who took it from where, never the query string or a body. */
export function logRequests(app: FastifyInstance): void {
  app.addHook('onResponse', (request, reply, done) => {
    done()
    const { statusCode, elapsedTime } = reply
    const line = {
      method: request.method,
      route: request.routeOptions.url ?? null,
      status: statusCode,
      ms: elapsedTime,
      address: request.clientAddress,
      ...(request.caller === null ? {} : { credential_id: request.caller.credential }),
    }
    if (statusCode >= 400) request.log.info(line, 'refused')
    else request.log.debug(line, 'answered')
  })
}
