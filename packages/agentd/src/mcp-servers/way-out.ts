import { lookup } from 'node:dns/promises'
import { chmodSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { extname, join } from 'node:path'
import type { Duplex } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { http, isPublicAddress, type Log } from '@castellan/daemon'
import type { Mount } from '../sandbox/index.ts'

/** Where things lie behind the walls. */
const INSIDE = '/run/castellan'
const PORT = 3128
const HTTPS_PORT = 443
const CONNECT_MS = 15_000
/** Connections of one server at once. */
const MAX_CONNECTIONS = 64

/** The one way to the network that a server behind walls has. */
export interface WayOut {
  /** What its command is put behind. */
  readonly command: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly mounts: readonly Mount[]
  close(): Promise<void>
}

/** Opens a connection to a host that is on the list. Throws where there is none to be had. */
export type Dial = (host: string, port: number) => Promise<Socket>

/**
 * Opens a proxy (HTTP CONNECT, RFC 9110, section 9.3.6) for exactly these domains, on port 443. It listens on a socket
 * that only the server's walls show. Names are resolved here, and addresses that are not public are never dialled: a name
 * that leads into the owner's own network is refused.
 */
export async function openWayOut(domains: readonly string[], log: Log, dial: Dial = dialPublic): Promise<WayOut> {
  const folder = await mkdtemp(join(tmpdir(), 'cst-way-'))
  const path = join(folder, 'out.sock')
  const open = new Set<Duplex>()
  const server = http.createServer((_request, response) => {
    response.writeHead(405, { allow: 'CONNECT', connection: 'close' }).end('Only HTTPS, by CONNECT.\n')
  })
  server.maxConnections = MAX_CONNECTIONS
  server.on('connect', async (request, near: Duplex, head: Buffer) => {
    near.on('error', () => near.destroy())
    const [, host = '', port = ''] = /^([a-z0-9.-]{1,253}):(\d{1,5})$/i.exec(request.url ?? '') ?? []
    if (Number(port) !== HTTPS_PORT || !isGranted(host.toLowerCase(), domains)) {
      log.warn({ host: request.url?.slice(0, 300) }, 'an MCP server was refused a way out')
      return near.end('HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\nconnection: close\r\n\r\n')
    }
    try {
      const far = await dial(host.toLowerCase(), HTTPS_PORT)
      far.on('error', () => near.destroy())
      near.on('close', () => far.destroy())
      far.on('close', () => near.destroy())
      near.write('HTTP/1.1 200 Connection Established\r\n\r\n')
      if (head.length > 0) far.write(head)
      near.pipe(far).pipe(near)
    } catch (error) {
      log.info({ err: error, host }, 'an MCP server could not get out')
      near.end('HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\nconnection: close\r\n\r\n')
    }
  })
  server.on('connection', (socket) => {
    open.add(socket)
    socket.once('close', () => open.delete(socket))
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, resolve)
  })
  // The folder is closed to all others; the server's user has to be able to connect.
  chmodSync(path, 0o666)

  const forwarder = fileURLToPath(new URL(`./forwarder${extname(import.meta.url)}`, import.meta.url))
  const inside = (name: string): string => `${INSIDE}/${name}`
  const proxy = `http://127.0.0.1:${PORT}`
  return {
    command: [inside('node'), inside(`forwarder${extname(forwarder)}`), inside('out.sock'), String(PORT)],
    env: { HTTPS_PROXY: proxy, https_proxy: proxy, NODE_USE_ENV_PROXY: '1' },
    mounts: [
      { from: process.execPath, to: inside('node'), writable: false },
      { from: forwarder, to: inside(`forwarder${extname(forwarder)}`), writable: false },
      { from: path, to: inside('out.sock'), writable: true },
    ],
    async close() {
      for (const socket of open) socket.destroy()
      await new Promise<void>((resolve) => server.close(() => resolve()))
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** `*.example.org` stands for all names below it, not for itself. */
function isGranted(host: string, domains: readonly string[]): boolean {
  return domains.some((domain) => (domain.startsWith('*.') ? host.endsWith(domain.slice(1)) : host === domain))
}

/** Resolves a name once and dials what it resolved to, if all of it is public. */
async function dialPublic(host: string, port: number): Promise<Socket> {
  const addresses = await lookup(host, { all: true })
  const foreign = addresses.find(({ address }) => !isPublicAddress(address))
  if (foreign !== undefined || addresses[0] === undefined) {
    throw new Error(`${host} resolves to ${foreign?.address ?? 'nothing'}, which is not a public address`)
  }
  const { address } = addresses[0]
  return new Promise((resolve, reject) => {
    const socket = connect({ host: address, port, timeout: CONNECT_MS })
    socket.once('timeout', () => socket.destroy(new Error(`${host} did not answer`)))
    socket.once('error', reject)
    socket.once('connect', () => {
      socket.setTimeout(0)
      socket.off('error', reject)
      resolve(socket)
    })
  })
}
