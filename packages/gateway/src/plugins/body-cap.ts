import { CastellanError } from '@castellan/contracts'
import type { FastifyInstance, FastifyRequest } from 'fastify'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Reads its body itself and holds it to a limit of its own, after authentication. */
    readsItsBody?: boolean
  }
}

/** Largest body, in bytes, of every route that does not say otherwise. The gateway takes no uploads. */
export const MAX_BODY_BYTES = 64 * 1024

/**
 * Refuses a body that announces itself as too large before anyone looks at who sent it. A body of unannounced length is
 * read only after authentication, and counted while it is read.
 */
export function addBodyCap(app: FastifyInstance): void {
  app.addHook('onRequest', (request, _reply, done) => {
    const { 'content-length': length } = request.headers
    if (length !== undefined) refuseTooLarge(Number(length), request)
    done()
  })
}

function refuseTooLarge(announced: number, { routeOptions }: FastifyRequest): void {
  const { bodyLimit: most = MAX_BODY_BYTES, config } = routeOptions
  if (config.readsItsBody === true || announced <= most) return
  throw new CastellanError('body_too_large', `The body has ${announced} bytes; this route takes at most ${most}.`)
}
