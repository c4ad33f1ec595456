import { isIPv4 } from 'node:net'
import type { Collector } from './exporter.ts'

export interface CollectorPlace {
  readonly to: Collector
  readonly path: string
}

const TRACES = '/v1/traces'

/**
 * Reads where traces go: `http://127.0.0.1:4318`, `http://localhost:4318/v1/traces` or `unix:/run/otel.sock`. Undefined for
 * anything that is not on this machine: the gateway opens no connection to elsewhere, and a collector here can pass on.
 */
export function readCollector(text: string): CollectorPlace | undefined {
  if (/^unix:\/[^\0]+$/.test(text)) return { to: { socketPath: text.slice('unix:'.length) }, path: TRACES }
  if (!URL.canParse(text)) return undefined
  const { protocol, hostname, port, pathname, username, search, hash } = new URL(text)
  if (protocol !== 'http:' || username !== '' || search !== '' || hash !== '' || !isLoopback(hostname)) return undefined
  const host = hostname === 'localhost' ? '127.0.0.1' : hostname.replaceAll(/[[\]]/g, '')
  return { to: { host, port: port === '' ? 4318 : Number(port) }, path: pathname === '/' ? TRACES : pathname }
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || (isIPv4(hostname) && hostname.startsWith('127.'))
}
