import { once } from 'node:events'
import { createServer } from 'node:net'
import { connect } from 'node:tls'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { helloName, MAX_HELLO_BYTES } from '../../src/tunnels/client-hello.ts'

/** What this Node really sends first. */
async function realHello(servername: string | undefined): Promise<Buffer> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  const arrived = new Promise<Buffer>((resolve) => {
    server.on('connection', (socket) => {
      socket.on('error', () => undefined)
      const pieces: Buffer[] = []
      socket.on('data', (piece) => {
        pieces.push(piece)
        const all = Buffer.concat(pieces)
        if (helloName(all).kind !== 'incomplete') resolve(all)
      })
    })
  })
  const client = connect({
    port,
    host: '127.0.0.1',
    rejectUnauthorized: false,
    ...(servername === undefined ? {} : { servername }),
  })
  client.on('error', () => undefined)
  const hello = await arrived
  client.destroy()
  server.close()
  return hello
}

test('the name that Node asks for is read', async () => {
  expect(helloName(await realHello('Api.Example.test'))).toEqual({ kind: 'name', name: 'api.example.test' })
})

test('a hello without a name is told apart', async () => {
  expect(helloName(await realHello(undefined))).toEqual({ kind: 'none', why: 'its ClientHello names no server' })
})

test('every beginning of it is incomplete, and nothing else', async () => {
  const hello = await realHello('api.example.test')
  for (let length = 0; length < hello.length; length++) {
    expect([length, helloName(hello.subarray(0, length)).kind]).toEqual([length, 'incomplete'])
  }
})

test('it is read over records of any size', async () => {
  const hello = await realHello('api.example.test')
  const message = hello.subarray(5)
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1 }), (sizes) => {
      const records: Buffer[] = []
      for (let at = 0, turn = 0; at < message.length; turn++) {
        const part = message.subarray(at, at + (sizes[turn % sizes.length] as number))
        const head = Buffer.from([22, 3, 1, part.length >> 8, part.length & 255])
        records.push(head, part)
        at += part.length
      }
      expect(helloName(Buffer.concat(records))).toEqual({ kind: 'name', name: 'api.example.test' })
    }),
  )
})

test.each([
  ['HTTP', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
  ['SSH', Buffer.from('SSH-2.0-OpenSSH\r\n')],
  ['an alert', Buffer.from([21, 3, 3, 0, 2, 1, 0])],
  ['a ServerHello', Buffer.from([22, 3, 3, 0, 4, 2, 0, 0, 0])],
  ['an empty record', Buffer.from([22, 3, 1, 0, 0])],
  ['another version of records', Buffer.from([22, 2, 1, 0, 4, 1, 0, 0, 0])],
  ['one that is too large', Buffer.from([22, 3, 1, 0, 4, 1, 1, 0, 0])],
])('%s is none', (_what, bytes) => {
  expect(helloName(bytes).kind).toBe('none')
})

test('no bytes make it read beyond them, hang or throw', async () => {
  const hello = await realHello('api.example.test')
  const damaged = fc.tuple(fc.nat(hello.length - 1), fc.nat(255), fc.nat(hello.length)).map(([at, byte, length]) => {
    const copy = Buffer.from(hello)
    copy[at] = byte
    return copy.subarray(0, length)
  })
  const any = fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from([22, 3, 1, 0, 200, 1, 0, 0, 150, ...bytes]))
  fc.assert(
    fc.property(fc.oneof(damaged, any), (bytes) => {
      expect(['incomplete', 'name', 'none']).toContain(helloName(bytes).kind)
    }),
    { numRuns: 2000 },
  )
  expect(hello.length).toBeLessThan(MAX_HELLO_BYTES)
})
