import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import { createServer as createTls } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { onTestFinished } from 'vitest'
import { Authority } from './certificates.ts'

export interface Upstream {
  readonly port: number
  /** PEM of the authority that vouches for it. */
  readonly ca: string
  readonly server: Server
  readonly requests: Asked[]
  /** TCP connections that were made to it. */
  readonly connections: () => number
  /** Of these, those that are still open. */
  readonly open: () => number
}

export interface Asked {
  readonly method: string
  readonly url: string
  readonly headers: IncomingMessage['headers']
  /** The name in the TLS handshake. */
  readonly servername: string | false | null | undefined
  readonly body: string
}

/** A real TLS server on loopback for these names. Without a handler it answers `hello`. */
export async function startUpstream(
  names: readonly string[],
  handler: RequestListener = (_request, response) => void response.end('hello'),
  { daysLeft = 1, authority = new Authority(), plain = false } = {},
): Promise<Upstream> {
  const requests: Asked[] = []
  const listener: RequestListener = (request, response) => {
    let body = ''
    request.setEncoding('latin1').on('data', (piece) => {
      body += piece
    })
    request.on('end', () => {
      const { method = '', url = '', headers } = request
      requests.push({ method, url, headers, servername: (request.socket as TLSSocket).servername, body })
      handler(request, response)
    })
  }
  const server = plain ? createServer(listener) : createTls(authority.issue(names, daysLeft), listener)
  server.keepAliveTimeout = 60_000
  const sockets = new Set<Socket>()
  let connections = 0
  server.on('connection', (socket: Socket) => {
    connections += 1
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.once('close', () => sockets.delete(socket))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  const { port } = server.address() as AddressInfo
  return { port, ca: authority.cert, server, requests, connections: () => connections, open: () => sockets.size }
}
