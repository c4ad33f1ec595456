import { CastellanError } from '@castellan/contracts'
import type { FastifyInstance } from 'fastify'
import type { GatewayConfig } from './config.ts'

type Place = Pick<GatewayConfig, 'host' | 'port' | 'listenSocket'>

/**
 * Listens where the configuration says and returns the address. Throws `port_in_use` with what to do about it, and
 * `socket_in_use` or `config_invalid` about the Unix socket.
 */
export async function listen(app: FastifyInstance, { host, port, listenSocket }: Place): Promise<string> {
  const address = await app.listen({ host, port }).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== 'EADDRINUSE') throw cause
    throw new CastellanError(
      'port_in_use',
      `Port ${port} on ${host} is taken by another program; stop it, or choose another with --port.`,
      { cause },
    )
  })
  if (listenSocket !== undefined) await app.proxySocket.listen(listenSocket)
  return address
}
