import { connect, createServer, type Socket } from 'node:net'
import { createLogger } from '@castellan/daemon'
import { expect, onTestFinished, test } from 'vitest'
import { openWayOut } from '../../src/mcp-servers/way-out.ts'

const log = createLogger({ name: 'test', file: '/dev/null' })

async function open(domains: readonly string[], dial?: Parameters<typeof openWayOut>[2]) {
  const way = await openWayOut(domains, log, dial)
  onTestFinished(() => way.close())
  const socket = way.mounts.find(({ to }) => to.endsWith('.sock'))?.from ?? ''
  return {
    way,
    ask: (target: string, more = '') => ask(socket, `CONNECT ${target} HTTP/1.1\r\nhost: ${target}\r\n\r\n${more}`),
  }
}

function ask(path: string, words: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(path, () => socket.write(words))
    let text = ''
    socket.setEncoding('utf8').on('data', (chunk) => {
      text += chunk
      if (text.endsWith('pong')) socket.end()
    })
    socket.on('error', reject)
    socket.on('close', () => resolve(text))
  })
}

/** Stands for what is out there. */
async function outside(): Promise<{ dial: () => Promise<Socket>; asked: string[] }> {
  const asked: string[] = []
  const server = createServer((socket) => {
    socket.on('data', (chunk) => {
      asked.push(chunk.toString())
      socket.write('pong')
    })
    socket.on('error', () => undefined)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const { port } = server.address() as { port: number }
  const dial = (): Promise<Socket> =>
    new Promise((resolve) => {
      const socket = connect(port, '127.0.0.1', () => resolve(socket))
    })
  return { dial, asked }
}

test('a granted domain is reached, by its name and below a star', async () => {
  const { dial, asked } = await outside()
  const { ask: connectTo } = await open(['api.example.org', '*.example.net'], dial)
  for (const host of ['api.example.org', 'API.example.org', 'a.example.net', 'a.b.example.net']) {
    expect(await connectTo(`${host}:443`, 'ping')).toMatch(/^HTTP\/1\.1 200 .*pong$/s)
  }
  expect(asked).toHaveLength(4)
})

test.each([
  'example.org:443',
  'evil-api.example.org:443',
  'api.example.org.evil.test:443',
  'example.net:443',
  'evilexample.net:443',
  'api.example.org:80',
  'api.example.org:22',
  '127.0.0.1:443',
  '[::1]:443',
  'api.example.org',
  'api.example.org:443@evil.test',
])('%s is refused', async (target) => {
  const { dial, asked } = await outside()
  const { ask: connectTo } = await open(['api.example.org', '*.example.net'], dial)
  expect(await connectTo(target, 'ping')).toMatch(/^HTTP\/1\.1 4/)
  expect(asked).toEqual([])
})

test('a granted name that leads to an address which is not public is not dialled', async () => {
  const { ask: connectTo } = await open(['localhost', 'nothing.invalid'])
  expect(await connectTo('localhost:443')).toMatch(/^HTTP\/1\.1 502/)
  expect(await connectTo('nothing.invalid:443')).toMatch(/^HTTP\/1\.1 502/)
})

test('only CONNECT is answered', async () => {
  const { way } = await open(['api.example.org'])
  const socket = way.mounts.find(({ to }) => to.endsWith('.sock'))?.from ?? ''
  expect(await ask(socket, 'GET http://api.example.org/ HTTP/1.1\r\nhost: x\r\n\r\n')).toMatch(/^HTTP\/1\.1 405/)
})
