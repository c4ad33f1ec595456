import { ContainmentRequest, SearchRequest } from '@castellan/contracts'
import { addHealthRoute, type HealthSource, type SocketServer } from '@castellan/daemon'
import type { Book } from '../destinations/book.ts'
import type { Fetcher } from '../fetch/fetch.ts'
import type { MarksKeeper } from '../inspection/marks-file.ts'
import type { Search } from '../search/search.ts'
import { addFetchRoute } from './fetch.ts'
import { addMarkRoutes } from './marks.ts'

export interface AgentdRouteParts {
  readonly health: HealthSource
  readonly book: Book
  readonly fetcher: Fetcher
  readonly keeper: MarksKeeper
  readonly search: Search
}

/**
 * airlock-agentd.sock: for agentd, whose tools send requests for agents and whose incidents are contained here. It shuts and cannot
 * open; requests carry no credentials but those that the owner granted.
 */
export function addAgentdRoutes(
  server: SocketServer,
  { health, book, fetcher, keeper, search }: AgentdRouteParts,
): void {
  addHealthRoute(server, health)
  server.route('GET', '/v1/destinations', {}, () => book.listing)
  server.route('POST', '/v1/containment', { body: ContainmentRequest }, ({ body }) =>
    book.turn({ off: true, reason: body.reason }),
  )
  addFetchRoute(server, fetcher, { credentials: false })
  addMarkRoutes(server, keeper, 'agentd')
  server.route('POST', '/v1/search', { body: SearchRequest }, ({ body, signal }) => search.ask(body, signal))
}
