import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'

/** Has a server listen on a free port of this machine until the test ends, whose number is the answer. */
export async function listening(server: Server, address = '127.0.0.1'): Promise<number> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket) => sockets.add(socket))
  await new Promise<void>((resolve) => server.listen(0, address, resolve))
  onTestFinished(() => {
    // A server ends with its last connection, and some of these never read theirs.
    for (const socket of sockets) socket.destroy()
    return new Promise<void>((resolve) => void server.close(() => resolve()))
  })
  return (server.address() as AddressInfo).port
}

/**
 * A port on which nothing listens until the test ends: that of a connection's near end, which nobody else is given meanwhile. One that
 * was just given back may be another test's by the time it is asked.
 */
export async function closedPort(): Promise<number> {
  const socket = connect(await listening(createServer()), '127.0.0.1')
  onTestFinished(() => void socket.destroy())
  await once(socket, 'connect')
  return socket.localPort as number
}
