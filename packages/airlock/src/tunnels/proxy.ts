import { createServer, type IncomingMessage, type Server, STATUS_CODES } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { CastellanError, HostName } from '@castellan/contracts'
import type { Log } from '@castellan/daemon'
import type { Grant, Grants } from './grants.ts'
import { openTunnel, type TunnelParts } from './tunnel.ts'

const LOOPBACK = '127.0.0.1'
const MAX_CONNECTIONS = 512
const HEADERS_MS = 10_000
const MAX_HEADER_BYTES = 8 * 1024

/**
 * HTTP CONNECT (RFC 9110, section 9.3.6) on loopback, for programs that speak TLS themselves. Each has a name and password of its own,
 * which admit it to the hosts of its grant while they are on the list. Requests for the proxy to make are refused.
 */
export class ConnectProxy {
  readonly #server: Server
  readonly #grants: Grants
  readonly #parts: TunnelParts
  readonly #log: Log
  readonly #sockets = new Set<Duplex>()

  constructor(grants: Grants, parts: TunnelParts, log: Log) {
    this.#grants = grants
    this.#parts = parts
    this.#log = log
    this.#server = createServer(
      { maxHeaderSize: MAX_HEADER_BYTES, headersTimeout: HEADERS_MS, requestTimeout: HEADERS_MS },
      (_request, response) => {
        response.writeHead(405, { allow: 'CONNECT', connection: 'close' }).end('Only tunnels, by CONNECT.\n')
      },
    )
    this.#server.maxConnections = MAX_CONNECTIONS
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket)
      socket.once('close', () => this.#sockets.delete(socket))
    })
    this.#server.on('connect', (request, near, head) => void this.#serve(request, near, head))
    this.#server.on('clientError', (_error, socket) => refuse(socket, 400))
  }

  /** Listens on loopback; throws `port_in_use`. */
  async listen(port: number): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', (cause) => {
        reject(
          new CastellanError('port_in_use', `Port ${port} of the CONNECT proxy is taken. Choose another.`, { cause }),
        )
      })
      this.#server.listen(port, LOOPBACK, resolve)
    })
  }

  get address(): { readonly host: string; readonly port: number } {
    return { host: LOOPBACK, port: (this.#server.address() as AddressInfo).port }
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()))
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }

  async #serve(request: IncomingMessage, near: Duplex, head: Buffer): Promise<void> {
    near.on('error', () => near.destroy())
    const grant = this.#authenticate(request.headers['proxy-authorization'])
    if (grant === undefined) {
      this.#parts.recorder.refused({ type: 'egress_refused', ok: false, code: 'unauthorized' })
      return refuse(near, 407, { 'proxy-authenticate': 'Basic realm="castellan airlock"' })
    }
    const aim = readAuthority(request.url ?? '')
    if (aim === undefined || !grant.admits(aim.host, aim.port)) {
      const host = (aim?.host ?? request.url ?? '').slice(0, 255) || 'none'
      this.#parts.recorder.refused({
        type: 'egress_refused',
        purpose: grant.purpose,
        host,
        ok: false,
        code: 'egress_denied',
      })
      return refuse(near, 403, { 'castellan-code': 'egress_denied' })
    }
    try {
      await openTunnel(this.#parts, grant, aim, near, head)
    } catch (error) {
      const known =
        error instanceof CastellanError ? error : new CastellanError('internal', 'The airlock failed unexpectedly.')
      if (known !== error) this.#log.error({ err: error }, 'a tunnel failed unexpectedly')
      const status = known.status === 403 || known.status === 504 || known.status === 503 ? known.status : 502
      refuse(near, status, { 'castellan-code': known.code })
    }
  }

  #authenticate(header: string | undefined): Grant | undefined {
    const [, encoded = ''] = /^basic ([A-Za-z0-9+/=]{1,512})$/i.exec(header ?? '') ?? []
    const text = Buffer.from(encoded, 'base64').toString('utf8')
    const colon = text.indexOf(':')
    return colon === -1 ? undefined : this.#grants.find(text.slice(0, colon), text.slice(colon + 1))
  }
}

/** `host:port` with a name in any letters; undefined for addresses and everything else. */
function readAuthority(text: string): { readonly host: string; readonly port: number } | undefined {
  const [, name = '', digits = ''] = /^([^:/?#@[\]\\\s]{1,253}):([1-9]\d{0,4})$/.exec(text) ?? []
  const host = name.toLowerCase()
  const port = Number(digits)
  return HostName.safeParse(host).success && port <= 65_535 ? { host, port } : undefined
}

function refuse(socket: Duplex, status: number, headers: Readonly<Record<string, string>> = {}): void {
  if (!socket.writable) {
    socket.destroy()
    return
  }
  const lines = Object.entries({ ...headers, 'content-length': '0', connection: 'close' })
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    ...lines.map(([name, value]) => `${name}: ${value}`),
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n`)
}
