import { CastellanError } from '@castellan/contracts'
import type { FastifyInstance } from 'fastify'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Reads its body itself and holds it to a limit of its own, after authentication. */
    readsItsBody?: boolean
  }
}

/** Largest body of any route, in bytes. The gateway takes no uploads. */
export const MAX_BODY_BYTES = 64 * 1024

/**
 * Refuses a body that announces itself as too large before anyone looks at who sent it. A body of unannounced length is
 * read only after authentication, and counted while it is read.
 */
export function addBodyCap(app: FastifyInstance): void {
  app.addHook('onRequest', (request, _reply, done) => {
    const announced = Number(request.headers['content-length'] ?? 0)
    if (request.routeOptions.config.readsItsBody !== true && announced > MAX_BODY_BYTES) {
      throw new CastellanError(
        'body_too_large',
        `The body has ${announced} bytes; this gateway takes at most ${MAX_BODY_BYTES}.`,
      )
    }
    done()
  })
}
