import type { ServerOptions } from 'node:http'
import { http, listenOnSocket } from '@castellan/daemon'
import type { FastifyInstance } from 'fastify'
import { answerClientError } from './errors.ts'
import { isWebSocketHandshake } from './upgrades.ts'

/** What every listener holds its clients to: 16 KiB of headers within 10 s, a whole request within 30 s. */
export const HTTP = {
  maxHeaderSize: 16 * 1024,
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  shouldUpgradeCallback: isWebSocketHandshake,
} satisfies ServerOptions

declare module 'fastify' {
  interface FastifyInstance {
    /** A second listener of the same routes. */
    proxySocket: { listen(path: string): Promise<void> }
  }
}

/** Lets a proxy on this machine reach the gateway by a file that only it may open, beside the port. */
export function addProxySocket(app: FastifyInstance): void {
  const server = http.createServer(HTTP, (request, response) => app.routing(request, response))
  server.on('clientError', answerClientError)
  server.on('upgrade', (request, socket, head) => app.server.emit('upgrade', request, socket, head))
  app.decorate('proxySocket', {
    listen: (path: string) => listenOnSocket(server, { path, mode: 0o660 }),
  })
  app.addHook('preClose', async () => {
    if (!server.listening) return
    const closed = new Promise<void>((resolve) => server.close(() => resolve()))
    server.closeIdleConnections()
    await closed
  })
}
