import {
  EGRESS_END_TRAILER,
  EGRESS_HEAD_HEADER,
  EgressRequest,
  MAX_EGRESS_BODY_BYTES,
  TunnelRequest,
} from '@castellan/contracts'
import { addHealthRoute, bytes, type HealthSource, reply, type SocketServer } from '@castellan/daemon'
import type { Book } from '../destinations/book.ts'
import type { Fetcher } from '../fetch/fetch.ts'
import type { Grants } from '../tunnels/grants.ts'
import type { ConnectProxy } from '../tunnels/proxy.ts'

/** The largest body as base64, with room for the rest of the request. */
const MAX_REQUEST_BYTES = Math.ceil((MAX_EGRESS_BODY_BYTES * 4) / 3) + 256 * 1024

export interface GatewayRouteParts {
  readonly health: HealthSource
  readonly book: Book
  readonly fetcher: Fetcher
  readonly grants: Grants
  readonly proxy: ConnectProxy
}

/** airlock.sock: to send requests and to be let through the proxy. Nothing here changes what may leave. */
export function addGatewayRoutes(
  server: SocketServer,
  { health, book, fetcher, grants, proxy }: GatewayRouteParts,
): void {
  addHealthRoute(server, health)
  server.route('GET', '/v1/destinations', {}, () => book.listing)

  const options = { body: EgressRequest, maxBodyBytes: MAX_REQUEST_BYTES }
  server.route('POST', '/v1/fetch', options, async ({ body, signal }) => {
    const answer = await fetcher.fetch(body, signal)
    return bytes(answer.body, {
      headers: { [EGRESS_HEAD_HEADER]: pack(answer.head) },
      trailers: () => ({ [EGRESS_END_TRAILER]: pack(answer.end()) }),
    })
  })

  server.route('POST', '/v1/tunnels', { body: TunnelRequest }, async ({ body }) =>
    reply(await grants.mint(body, proxy.address), { status: 201 }),
  )
  server.route('DELETE', '/v1/tunnels/:id', {}, ({ params }) => {
    grants.end(params.id)
    return { id: params.id }
  })
}

function pack(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
