import { CastellanError } from '@castellan/contracts'
import type { FastifyInstance } from 'fastify'

/** Headers of one request. Browsers send some twenty. */
const MAX_HEADERS = 100

/** Twice the same one of these, and a proxy and the gateway may each believe another: such a request is an attack. */
const SINGLE: ReadonlySet<string> = new Set([
  'authorization',
  'content-length',
  'content-type',
  'host',
  'idempotency-key',
  'origin',
  'sec-websocket-key',
  'traceparent',
  'transfer-encoding',
  'x-request-id',
])

/** Refuses too many headers (431), and a header twice that may be there once (400). Their size the parser limits. */
export function addHeaderGuard(app: FastifyInstance): void {
  app.addHook('onRequest', (request, _reply, done) => {
    const { rawHeaders } = request.raw
    if (rawHeaders.length > 2 * MAX_HEADERS) {
      throw new CastellanError('headers_too_large', `A request may have at most ${MAX_HEADERS} headers; send fewer.`)
    }
    let seen = ''
    for (let index = 0; index < rawHeaders.length; index += 2) {
      const name = (rawHeaders[index] as string).toLowerCase()
      if (!SINGLE.has(name)) continue
      if (seen.includes(`|${name}|`)) {
        throw new CastellanError('invalid_request', `The header ${name} is there twice; send it once.`)
      }
      seen += `|${name}|`
    }
    done()
  })
}
