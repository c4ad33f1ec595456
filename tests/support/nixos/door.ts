import { once } from 'node:events'
import { type AddressInfo, createServer, type Server } from 'node:net'
import type { Relay } from './installed-host.ts'

/** A port of this machine that leads to one of a host, for clients that cannot be given a connection: browsers. */
export class Door implements AsyncDisposable {
  readonly port: number
  readonly #server: Server
  readonly #relays: Set<Relay>

  private constructor(server: Server, relays: Set<Relay>) {
    this.#server = server
    this.#relays = relays
    this.port = (server.address() as AddressInfo).port
  }

  static async open(connect: () => Relay): Promise<Door> {
    const relays = new Set<Relay>()
    const server = createServer((socket) => {
      const relay = connect()
      relays.add(relay)
      relay.once('exit', () => {
        relays.delete(relay)
        socket.destroy()
      })
      // Whoever hangs up first ends both.
      socket.on('error', () => relay.kill())
      relay.stdin.on('error', () => socket.destroy())
      socket.once('close', () => relay.kill())
      socket.pipe(relay.stdin)
      relay.stdout.pipe(socket)
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new Door(server, relays)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close()
    for (const relay of this.#relays) relay.kill()
  }
}
