import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { TunnelGrant } from '@castellan/contracts'

export const basic = ({ username, password }: TunnelGrant): string =>
  `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`

/** Sends a request to the proxy as it is; gives back the status line and the open connection. */
export async function ask(
  grant: TunnelGrant,
  target: string,
  authorization = basic(grant),
  method = 'CONNECT',
): Promise<{ readonly status: number; readonly head: string; readonly socket: Socket }> {
  const socket = connect({ host: grant.host, port: grant.port })
  socket.on('error', () => undefined)
  socket.write(`${method} ${target} HTTP/1.1\r\nhost: ${target}\r\nproxy-authorization: ${authorization}\r\n\r\n`)
  const [head] = (await once(socket, 'data')) as [Buffer]
  return { status: Number(/^HTTP\/1\.1 (\d+)/.exec(head.toString())?.[1]), head: head.toString(), socket }
}
