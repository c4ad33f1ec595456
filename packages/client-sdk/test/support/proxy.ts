import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'

/** A network in between, whose connections a test can cut. */
export class CuttingProxy {
  /** Where the connections lead; set before the first one. */
  target = 0
  #sockets = new Set<Socket>()
  readonly #server = createServer((near) => {
    const far = connect(this.target, '127.0.0.1')
    for (const [socket, other] of [[near, far] as const, [far, near] as const]) {
      this.#sockets.add(socket)
      socket.on('error', () => other.destroy())
      socket.on('close', () => {
        other.destroy()
        this.#sockets.delete(socket)
      })
      socket.pipe(other)
    }
  })

  /** Returns the port it listens on. */
  async start(): Promise<number> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    onTestFinished(() => {
      this.cut()
      this.#server.close()
    })
    return (this.#server.address() as AddressInfo).port
  }

  /** Ends every connection as a network does: in the middle of whatever is said. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy()
  }
}
