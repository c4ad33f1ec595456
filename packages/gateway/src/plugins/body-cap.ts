import { CastellanError } from '@castellan/contracts'
import type { FastifyInstance } from 'fastify'

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
    const announced = Number(request.headers['content-length'] ?? 0)
    const most = request.routeOptions.bodyLimit ?? MAX_BODY_BYTES
    if (request.routeOptions.config.readsItsBody !== true && announced > most) {
      throw new CastellanError('body_too_large', `The body has ${announced} bytes; this route takes at most ${most}.`)
    }
    done()
  })
}
