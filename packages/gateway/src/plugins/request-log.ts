import type { Log } from '@castellan/daemon'
import type { FastifyInstance, FastifyReply, FastifyRequest, onResponseHookHandler } from 'fastify'

declare module 'fastify' {
  interface FastifyRequest {
    /** When it came in, in milliseconds of `performance.now()`. */
    cameIn: number
  }
}

/**
 * One line for each refusal, and at level debug one for each answer: the route it took and who took it from where, never the
 * query string or a body. Watching every answer to its end costs a tenth of what an answer costs, so it is done where the
 * lines are wanted.
 */
export function logRequests(app: FastifyInstance, log: Log): void {
  app.decorateRequest('cameIn', 0)
  app.addHook('onRequest', (request, _reply, done) => {
    request.cameIn = performance.now()
    done()
  })
  if (log.isLevelEnabled('debug')) {
    app.addHook('onResponse', tellDone)
    return
  }
  app.addHook('onRoute', (route) => {
    // What answers by itself refuses by itself.
    if (route.config?.readsItsBody === true) route.onResponse = tellDone
  })
  app.addHook('onError', (request, reply, _error, done) => {
    if (request.routeOptions.config.readsItsBody !== true) reply.raw.once('close', () => tell(request, reply))
    done()
  })
}

const tellDone: onResponseHookHandler = (request, reply, done) => {
  tell(request, reply)
  done()
}

function tell(request: FastifyRequest, { statusCode }: FastifyReply): void {
  const line = {
    method: request.method,
    route: request.routeOptions.url ?? null,
    status: statusCode,
    ms: performance.now() - request.cameIn,
    address: request.clientAddress,
    ...(request.caller === null ? {} : { credential_id: request.caller.credential }),
  }
  if (statusCode >= 400) request.log.info(line, 'refused')
  else request.log.debug(line, 'answered')
}
