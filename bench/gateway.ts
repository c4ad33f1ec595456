import type { Report } from '../scripts/bench/report.ts'
import { reportIdleSockets } from './gateway/idle-sockets.ts'
import { withBench } from './gateway/processes.ts'
import { reportRequests } from './gateway/requests.ts'
import { reportStarts } from './gateway/starts.ts'
import { reportTrips } from './gateway/trips.ts'

export const title = 'Gateway: requests and start beside bare fastify, round trips beside bare ws, idle sockets'

/** Each pair takes turns in one run, so that whatever else the machine does meets both alike. */
export async function run(report: Report): Promise<void> {
  await withBench((bench) => reportRequests(bench, report))
  await withBench((bench) => reportTrips(bench, report))
  await withBench((bench) => reportStarts(bench, report))
  await withBench((bench) => reportIdleSockets(bench, report))
}
