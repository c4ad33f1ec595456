import { randomBytes } from 'node:crypto'
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import type { FastifyInstance } from 'fastify'

/** 72 random bits: 12 characters of base64url, without padding. */
const ID_BYTES = 9
const ID_CHARACTERS = 12
/** Drawn at once: asking the system for each would be half of what it costs to judge a request. */
const IDS_AT_ONCE = 512
const ACCEPTABLE = /^[A-Za-z0-9._-]{1,64}$/

type Headed = { headers: IncomingHttpHeaders } | IncomingMessage

/** What names requests: the caller's own `X-Request-Id` where it is harmless to log and to repeat, else a fresh one. */
export function requestIds(): (request: Headed) => string {
  let drawn = ''
  let used = 0
  return ({ headers }) => {
    const given = headers['x-request-id']
    if (typeof given === 'string' && ACCEPTABLE.test(given)) return given
    if (used === drawn.length) {
      drawn = randomBytes(ID_BYTES * IDS_AT_ONCE).toString('base64url')
      used = 0
    }
    used += ID_CHARACTERS
    return `req_${drawn.slice(used - ID_CHARACTERS, used)}`
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
