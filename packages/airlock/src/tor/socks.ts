import type { Socket } from 'node:net'
import { CastellanError } from '@castellan/contracts'

const VERSION = 5
const USER_AND_PASSWORD = 2
const CONNECT = 1
const BY_NAME = 3
const ADDRESS_BYTES: Readonly<Record<number, number>> = { 1: 4, 4: 16 }

/** What a SOCKS server says went wrong (RFC 1928, section 6; from 0xf0 on Tor's own, proposal 304). */
const REPLIES: Readonly<Record<number, string>> = {
  1: 'it failed',
  2: 'its rules do not allow it',
  3: 'the network cannot be reached',
  4: 'the host cannot be reached',
  5: 'the connection was refused',
  6: 'it took too long',
  7: 'it does not know the command',
  8: 'it does not know this kind of address',
  240: 'the onion service has no descriptor',
  241: 'the descriptor of the onion service is invalid',
  242: 'the introduction to the onion service failed',
  243: 'the rendezvous with the onion service failed',
  244: 'the onion service wants authorization',
  246: 'the address of the onion service is invalid',
}

/**
 * Has a SOCKS 5 server connect to a host by its name (RFC 1928), under a name and password (RFC 1929): with `IsolateSOCKSAuth`, which is
 * Tor's default, these have a circuit of their own. The name is not looked up here. Throws `egress_failed`.
 */
export async function connectBySocks(
  socket: Socket,
  { host, port }: { readonly host: string; readonly port: number },
  { username, password }: { readonly username: string; readonly password: string },
): Promise<void> {
  const reader = new Reader(socket)
  socket.write(Buffer.from([VERSION, 1, USER_AND_PASSWORD]))
  const [version, method] = await reader.read(2)
  if (version !== VERSION || method !== USER_AND_PASSWORD) throw failed('it does not take a name and a password')
  const [user, pass] = [Buffer.from(username), Buffer.from(password)]
  socket.write(Buffer.concat([Buffer.from([1, user.length]), user, Buffer.from([pass.length]), pass]))
  const [, refused] = await reader.read(2)
  if (refused !== 0) throw failed('it refuses the name and the password')
  const name = Buffer.from(host)
  const target = Buffer.concat([Buffer.from([VERSION, CONNECT, 0, BY_NAME, name.length]), name, Buffer.alloc(2)])
  target.writeUInt16BE(port, target.length - 2)
  socket.write(target)
  const reply = await reader.read(4)
  if (reply[0] !== VERSION || reply[1] !== 0) throw failed(REPLIES[reply[1] ?? 1] ?? 'it failed')
  const kind = reply[3] ?? 0
  const length = kind === BY_NAME ? ((await reader.read(1))[0] ?? 0) : ADDRESS_BYTES[kind]
  if (length === undefined) throw failed('its answer makes no sense')
  await reader.read(length + 2)
  reader.end()
}

function failed(why: string): CastellanError {
  return new CastellanError('egress_failed', `Tor gave no connection: ${why}.`, {
    detail: { stage: 'connect', sent: false },
  })
}

/** Reads so many bytes and leaves the rest where it is. */
class Reader {
  readonly #socket: Socket
  #kept = Buffer.alloc(0)

  constructor(socket: Socket) {
    this.#socket = socket
  }

  async read(count: number): Promise<Buffer> {
    while (this.#kept.length < count) this.#kept = Buffer.concat([this.#kept, await this.#more()])
    const bytes = this.#kept.subarray(0, count)
    this.#kept = this.#kept.subarray(count)
    return bytes
  }

  end(): void {
    if (this.#kept.length > 0) this.#socket.unshift(this.#kept)
  }

  #more(): Promise<Buffer> {
    const socket = this.#socket
    return new Promise((resolve, reject) => {
      const settle = (piece?: Buffer, error?: Error): void => {
        socket.pause()
        socket.off('data', onData)
        socket.off('close', onClose)
        socket.off('error', onError)
        if (piece === undefined) reject(error)
        else resolve(piece)
      }
      const onData = (piece: Buffer): void => settle(piece)
      const onClose = (): void => settle(undefined, failed('it hung up'))
      const onError = (): void => settle(undefined, failed('it broke off'))
      if (socket.destroyed) return onClose()
      socket.on('data', onData)
      socket.once('close', onClose)
      socket.once('error', onError)
      socket.resume()
    })
  }
}
