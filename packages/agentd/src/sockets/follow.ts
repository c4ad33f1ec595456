import { ndjson, type SocketServer } from '@castellan/daemon'
import { z } from 'zod'
import type { Agentd } from '../agentd.ts'
import { VitalsLooks } from '../host/vitals.ts'
import { happenings } from '../ledger/happenings.ts'

/** How many entries of the ledger whoever asks knows of already. */
const After = z.strictObject({ after: z.coerce.number().int().min(0).optional() })

/** What happens, as it happens, for whoever shows it to people: entries as in a listing, and how busy the machine is. */
export function addFollowRoute(server: SocketServer, { ledger, calls }: Agentd): void {
  server.route('GET', '/v1/follow', { query: After }, ({ query, signal }) => {
    const { system, network } = calls.host
    return ndjson(happenings(ledger, new VitalsLooks(system, network), query.after, signal))
  })
}
