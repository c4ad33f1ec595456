import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyInstance } from 'fastify'

/** What a connection gets to send its next request, once the gateway is closing; in milliseconds. */
const LAST_KEEP_ALIVE_MS = 1

/**
 * Lets a closing server end soon. Node closes connections that wait for another request, but neither those that never sent
 * one, such as browsers open ahead of need, nor those whose last answer was under way: both would hold the close up for
 * as long as they please.
 */
export function addClosing(app: FastifyInstance): void {
  const silent = new Set<Socket>()
  let closing = false
  app.server.on('connection', (socket: Socket) => {
    if (closing) {
      socket.destroy()
      return
    }
    silent.add(socket)
    socket.once('close', () => silent.delete(socket))
  })
  const spoke = ({ socket }: IncomingMessage) => void silent.delete(socket)
  app.server.on('request', spoke)
  app.server.on('upgrade', spoke)

  app.addHook('preClose', async () => {
    closing = true
    app.server.keepAliveTimeout = LAST_KEEP_ALIVE_MS
    for (const socket of silent) socket.destroy()
  })
}
