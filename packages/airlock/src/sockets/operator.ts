import { DestinationRequest, LatchRequest } from '@castellan/contracts'
import { addHealthRoute, type HealthSource, reply, type SocketServer } from '@castellan/daemon'
import type { Book } from '../destinations/book.ts'

/** airlock-operator.sock: what may leave is decided here and nowhere else. Only root can connect. */
export function addOperatorRoutes(
  server: SocketServer,
  { health, book }: { readonly health: HealthSource; readonly book: Book },
): void {
  addHealthRoute(server, health)
  server.route('GET', '/v1/destinations', {}, () => book.listing)
  server.route('POST', '/v1/destinations', { body: DestinationRequest }, async ({ body }) =>
    reply(await book.allow(body), { status: 201 }),
  )
  server.route('DELETE', '/v1/destinations/:id', {}, ({ params }) => book.remove(params.id))
  server.route('POST', '/v1/latch', { body: LatchRequest }, ({ body }) => book.turn(body))
}
