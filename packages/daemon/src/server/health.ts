import type { ProcessHealth } from '@castellan/contracts'
import { version } from '../version.ts'
import type { SocketServer } from './server.ts'

export interface HealthSource {
  readonly name: string
  readonly state: () => ProcessHealth['state']
  /** More that is worth telling; nothing secret. */
  readonly detail?: () => Record<string, unknown>
}

/** Serves `GET /v1/health`. */
export function addHealthRoute(server: SocketServer, source: HealthSource): void {
  server.route('GET', '/v1/health', {}, () => processHealth(source))
}

/** What a process says about itself. */
export function processHealth({ name, state, detail }: HealthSource): ProcessHealth {
  return {
    name,
    state: state(),
    version,
    pid: process.pid,
    uptimeSeconds: Math.round(process.uptime() * 10) / 10,
    rssBytes: process.memoryUsage.rss(),
    ...(detail === undefined ? {} : { detail: detail() }),
  }
}
