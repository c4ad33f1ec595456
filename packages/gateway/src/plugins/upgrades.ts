import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { http } from '@castellan/daemon'
import type { FastifyInstance } from 'fastify'

interface Upgrade {
  readonly socket: Duplex
  /** Bytes that came right after the handshake. */
  readonly head: Buffer
  /** Takes the connection away from HTTP, for whoever answers the handshake. */
  takeOver(): void
}

/** Upgrade requests that are being routed. */
export interface Upgrades {
  of(request: IncomingMessage): Upgrade | undefined
}

/**
 * Sends WebSocket handshakes through the router like any other request, so that every hook judges them and every refusal is
 * a whole HTTP answer. After a refusal the connection closes.
 */
export function routeUpgrades(app: FastifyInstance): Upgrades {
  const upgrades = new WeakMap<IncomingMessage, Upgrade>()

  app.server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const response = new http.ServerResponse(request)
    const onError = () => socket.destroy()
    const onAnswered = () => socket.end()
    socket.on('error', onError)
    response.shouldKeepAlive = false
    response.on('finish', onAnswered)
    response.assignSocket(socket as Parameters<typeof response.assignSocket>[0])
    upgrades.set(request, {
      socket,
      head,
      takeOver() {
        response.off('finish', onAnswered)
        response.detachSocket(socket as Parameters<typeof response.detachSocket>[0])
        socket.off('error', onError)
      },
    })
    app.routing(request, response)
  })

  return { of: (request) => upgrades.get(request) }
}

/** Any other protocol a request offers to change to (h2c, for one) is ignored, as RFC 9110, section 7.8 allows. */
export function isWebSocketHandshake(request: IncomingMessage): boolean {
  return request.headers.upgrade?.toLowerCase() === 'websocket'
}
