import { TunnelRequest } from '@castellan/contracts'
import { addHealthRoute, type HealthSource, reply, type SocketServer } from '@castellan/daemon'
import type { Book } from '../destinations/book.ts'
import type { Fetcher } from '../fetch/fetch.ts'
import type { MarksKeeper } from '../inspection/marks-file.ts'
import type { Grants } from '../tunnels/grants.ts'
import type { ConnectProxy } from '../tunnels/proxy.ts'
import { addFetchRoute } from './fetch.ts'
import { addMarkRoutes } from './marks.ts'

export interface GatewayRouteParts {
  readonly health: HealthSource
  readonly book: Book
  readonly fetcher: Fetcher
  readonly grants: Grants
  readonly proxy: ConnectProxy
  readonly keeper: MarksKeeper
}

/** airlock.sock: to send requests and to be let through the proxy. Nothing here changes what may leave. */
export function addGatewayRoutes(
  server: SocketServer,
  { health, book, fetcher, grants, proxy, keeper }: GatewayRouteParts,
): void {
  addHealthRoute(server, health)
  server.route('GET', '/v1/destinations', {}, () => book.listing)

  addFetchRoute(server, fetcher, { credentials: true })
  addMarkRoutes(server, keeper, 'gateway')

  server.route('POST', '/v1/tunnels', { body: TunnelRequest }, async ({ body }) =>
    reply(await grants.mint(body, proxy.address), { status: 201 }),
  )
  server.route('DELETE', '/v1/tunnels/:id', {}, ({ params }) => {
    grants.end(params.id)
    return { id: params.id }
  })
}
