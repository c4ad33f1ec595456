import { randomBytes, randomFillSync } from 'node:crypto'
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import type { FastifyInstance } from 'fastify'

/** 72 random bits. */
const ID_BYTES = 9
const ACCEPTABLE = /^[A-Za-z0-9._-]{1,64}$/

type Headed = { headers: IncomingHttpHeaders } | IncomingMessage

/**
 * What names requests: the caller's own `X-Request-Id` where it is harmless to log and to repeat, else a fresh one. The random
 * bits are drawn for 512 at a time: asking the system for each would be half of what it costs to judge a request.
 */
export function requestIds(): (request: Headed) => string {
  const pool = Buffer.alloc(ID_BYTES * 512)
  let used = pool.length
  return ({ headers }) => {
    const given = headers['x-request-id']
    if (typeof given === 'string' && ACCEPTABLE.test(given)) return given
    if (used === pool.length) {
      randomFillSync(pool)
      used = 0
    }
    used += ID_BYTES
    return `req_${pool.toString('base64url', used - ID_BYTES, used)}`
  }
}

/** For what never becomes a request. */
export function newRequestId(): string {
  return `req_${randomBytes(ID_BYTES).toString('base64url')}`
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
