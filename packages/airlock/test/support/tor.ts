import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { temporaryFolder } from '@castellan/testing'
import { onTestFinished } from 'vitest'

export interface TorOptions {
  /** What the control port says of a circuit, in place of the truth. */
  readonly circuit?: (line: string) => string | undefined
  readonly stream?: (line: string) => string | undefined
  /** The reply to CONNECT, where it is not success. */
  readonly refuse?: number
}

/** A Tor that is none: the wire formats of its SOCKS and control ports (RFC 1928, RFC 1929, control-spec.txt), and one hop in truth. */
export async function startTor({ circuit = (line) => line, stream = (line) => line, refuse }: TorOptions = {}) {
  const cookie = Buffer.alloc(32, 7)
  const cookieFile = join(temporaryFolder(), 'control_auth_cookie')
  writeFileSync(cookieFile, cookie)
  const asked: { target: string; username: string }[] = []

  const socks = await listen(async (near) => {
    const read = reader(near)
    const [, count = 0] = await read(2)
    await read(count)
    near.write(Buffer.from([5, 2]))
    const [, userLength = 0] = await read(2)
    const username = (await read(userLength)).toString()
    const [passLength = 0] = await read(1)
    await read(passLength)
    near.write(Buffer.from([1, 0]))
    const [, , , , nameLength = 0] = await read(5)
    const host = (await read(nameLength)).toString()
    const port = (await read(2)).readUInt16BE(0)
    asked.push({ target: `${host}:${port}`, username })
    if (refuse !== undefined) return void near.end(Buffer.from([5, refuse, 0, 1, 0, 0, 0, 0, 0, 0]))
    const far = connect({ host: '127.0.0.1', port })
    far.on('error', () => near.destroy())
    near.on('close', () => far.destroy())
    await once(far, 'connect')
    near.write(Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]))
    near.pipe(far).pipe(near)
  })

  const control = await listen(async (near) => {
    near.setEncoding('latin1')
    let isIn = false
    for await (const piece of near) {
      for (const line of String(piece).split('\r\n').filter(Boolean)) {
        if (line.startsWith('AUTHENTICATE')) {
          isIn = line === `AUTHENTICATE ${cookie.toString('hex')}`
          near.write(isIn ? '250 OK\r\n' : '515 Authentication failed: Wrong length on authentication cookie.\r\n')
        } else if (!isIn) near.write('514 Authentication required\r\n')
        else if (line === 'GETINFO stream-status') {
          const lines = asked.map(({ target }, at) => stream(`${at + 20} SUCCEEDED ${at + 5} ${target}`))
          near.write(status('stream-status', lines))
        } else if (line === 'GETINFO circuit-status') {
          const relays = ['a', 'b', 'c'].map((name) => `$${name.toUpperCase().repeat(40)}~${name}`).join(',')
          const lines = asked.map(({ username }, at) =>
            circuit(
              `${at + 5} BUILT ${relays} BUILD_FLAGS=NEED_CAPACITY PURPOSE=GENERAL TIME_CREATED=2026-11-21T12:00:00.000000 SOCKS_USERNAME="${username}" SOCKS_PASSWORD="x"`,
            ),
          )
          near.write(status('circuit-status', ['4 EXTENDED $AAAA PURPOSE=GENERAL', ...lines]))
        } else near.write('510 Unrecognized command\r\n')
      }
    }
  })
  return { socks: `127.0.0.1:${portOf(socks)}`, control: `127.0.0.1:${portOf(control)}`, cookieFile, asked }
}

/** One line after the key, several as data. */
function status(key: string, lines: readonly (string | undefined)[]): string {
  const said = lines.filter((line) => line !== undefined)
  if (said.length === 1) return `250-${key}=${said[0]}\r\n250 OK\r\n`
  return `250+${key}=\r\n${said.map((line) => `${line}\r\n`).join('')}.\r\n250 OK\r\n`
}

async function listen(serve: (socket: Socket) => Promise<void>): Promise<Server> {
  const open = new Set<Socket>()
  const server = createServer((socket) => {
    open.add(socket)
    socket.on('error', () => undefined)
    void serve(socket).catch(() => socket.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
    for (const socket of open) socket.destroy()
  })
  return server
}

function reader(socket: Socket): (count: number) => Promise<Buffer> {
  return async (count) => {
    for (;;) {
      const bytes = count === 0 ? Buffer.alloc(0) : (socket.read(count) as Buffer | null)
      if (bytes !== null) return bytes
      await once(socket, 'readable')
    }
  }
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port
}
