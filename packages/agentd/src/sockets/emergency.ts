import { FreezeId, type FreezeState, PanicRequest, ThawRequest } from '@castellan/contracts'
import type { SocketServer } from '@castellan/daemon'
import { z } from 'zod'
import type { Agentd } from '../agentd.ts'

/** Longest that a question is held, in seconds. */
const MAX_WAIT_SECONDS = 30

/** Holds the question until the state is another one than `known`: a freeze's id, or `none`. */
const Known = z.strictObject({
  known: z.union([FreezeId, z.literal('none')]).optional(),
  wait: z.coerce.number().min(0).max(MAX_WAIT_SECONDS).default(0),
})

/** Whether agents are frozen; for whoever speaks to people about them. */
export function addFreezeRoute(server: SocketServer, { emergency }: Agentd): void {
  server.route('GET', '/v1/freeze', { query: Known }, ({ query, signal }): Promise<FreezeState> | FreezeState => {
    const { known, wait } = query
    return known === undefined ? emergency.state : emergency.changed(known === 'none' ? null : known, wait, signal)
  })
}

/** Freezing and thawing, on operator.sock alone: nobody who is frozen thaws themselves. */
export function addEmergencyRoutes(server: SocketServer, { emergency }: Agentd): void {
  server.route('POST', '/v1/panic', { body: PanicRequest }, ({ body }) => emergency.panic(body))
  server.route('POST', '/v1/thaw', { body: ThawRequest }, ({ body }) => emergency.thaw(body))
}
