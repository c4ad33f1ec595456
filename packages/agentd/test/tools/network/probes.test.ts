import { createServer as createHttp, type RequestListener } from 'node:http'
import { createServer } from 'node:net'
import fc from 'fast-check'
import ipaddr from 'ipaddr.js'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { whyRefused } from '../../../src/host/probes/address.ts'
import { closedPort, listening } from '../../support/listening.ts'
import { type Machine, openMachine } from '../../support/machine.ts'

let machine: Machine
beforeAll(async () => {
  machine = await openMachine()
})
afterAll(() => machine[Symbol.asyncDispose]())

async function webServer(answer: RequestListener): Promise<string> {
  return `http://127.0.0.1:${await listening(createHttp(answer))}`
}

describe('dns_lookup', () => {
  it('tells what programs here get, apart from what name servers say', async () => {
    const { output, taints } = await machine.call('dns_lookup', { name: 'localhost', types: ['A'] })
    expect(output).toMatchObject({ name: 'localhost', answers: [{ type: 'A' }] })
    expect(output.systemAddresses).toEqual(expect.arrayContaining([expect.stringMatching(/^(127\.0\.0\.1|::1)$/)]))
    expect(taints).toEqual(['untrusted-text'])
  })

  it('policy decides by the name, in its one spelling', async () => {
    expect(await machine.resources('dns_lookup', { name: 'Example.ORG.' })).toEqual([
      { kind: 'host', id: 'example.org', access: 'read' },
    ])
  })
})

describe('port_check', () => {
  it('knows open from closed, and sends nothing', async () => {
    let received = 0
    const port = await listening(createServer((socket) => socket.on('data', (chunk) => (received += chunk.length))))
    const open = await machine.call('port_check', { host: '127.0.0.1', port })
    expect(open.output).toMatchObject({ open: true, addresses: [{ address: '127.0.0.1', state: 'open' }] })
    expect(open.summary).toMatch(/^127\.0\.0\.1 port \d+ is open, connected in [\d.]+ ms\.$/)
    expect(received).toBe(0)
    const closed = await machine.call('port_check', { host: '127.0.0.1', port: await closedPort() })
    expect(closed.output).toMatchObject({ open: false, addresses: [{ state: 'closed' }] })
    expect(closed.summary).toContain('nothing listens there')
  })

  it('says where a name has no address', async () => {
    await expect(machine.call('port_check', { host: 'no-such-name.invalid', port: 80 })).rejects.toMatchObject({
      code: 'not_found',
      message: expect.stringContaining('no-such-name.invalid has no address here'),
    })
  })
})

describe('http_check', () => {
  it('tells status, size and time, and whether a text is there, but not the page', async () => {
    const url = await webServer((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/html', server: 'test' }).end('<h1>Welcome</h1> the-page-itself')
    })
    const { output, summary, taints } = await machine.call('http_check', { url, contains: 'Welcome' })
    expect(output).toMatchObject({ ok: true, status: 200, bodyBytes: 32, contains: true, contentType: 'text/html' })
    expect(JSON.stringify(output)).not.toContain('the-page-itself')
    expect(summary).toMatch(/answers 200 OK after [\d.]+ ms, 32 B\. The text is there\.$/)
    expect(taints).toEqual(['untrusted-text'])
    const missing = await machine.call('http_check', { url, contains: 'welcome' })
    expect(missing.output).toMatchObject({ ok: false, contains: false })
  })

  it('asks without credentials, and calls an error an error', async () => {
    const headers: NodeJS.Dict<string | string[]>[] = []
    const url = await webServer((request, response) => {
      headers.push(request.headers)
      response.writeHead(503).end()
    })
    const { output, summary } = await machine.call('http_check', { url, method: 'HEAD' })
    expect(output).toMatchObject({ ok: false, status: 503 })
    expect(summary).toContain('That is not what a healthy page says.')
    expect(headers[0]).toMatchObject({ 'user-agent': 'castellan-http-check' })
    expect(headers[0]).not.toHaveProperty('cookie')
    expect(headers[0]).not.toHaveProperty('authorization')
  })

  it('follows redirects of the same host and no other', async () => {
    let visited = false
    const elsewhere = await listening(
      createHttp((_request, response) => {
        visited = true
        response.end()
      }),
    )
    const url = await webServer((request, response) => {
      if (request.url === '/') response.writeHead(302, { location: '/two' }).end()
      else if (request.url === '/away') response.writeHead(302, { location: `http://127.0.0.1:${elsewhere}/` }).end()
      else if (request.url === '/metadata') response.writeHead(302, { location: 'http://169.254.169.254/latest' }).end()
      else if (request.url === '/round') response.writeHead(302, { location: '/round' }).end()
      else response.end('here')
    })
    expect((await machine.call('http_check', { url })).output).toMatchObject({ status: 200, redirects: [`${url}/two`] })
    for (const path of ['/away', '/metadata']) {
      const { output, summary } = await machine.call('http_check', { url: `${url}${path}` })
      expect(output).toMatchObject({ status: 302, redirects: [], redirectsTo: expect.any(String) })
      expect(summary).toContain('which was not followed')
    }
    expect(visited).toBe(false)
    expect((await machine.call('http_check', { url: `${url}/round` })).output.redirects).toHaveLength(5)
  })

  it('reads no more than a mebibyte of a page without end', async () => {
    const url = await webServer((_request, response) => {
      const chunk = Buffer.alloc(256 * 1024, 'x')
      const write = () => {
        while (response.write(chunk));
        response.once('drain', write)
      }
      response.on('error', () => undefined)
      write()
    })
    const { output } = await machine.call('http_check', { url, contains: 'y' })
    expect(output).toMatchObject({ status: 200, bodyBytes: 1024 * 1024, contains: false })
  })

  it('gives up on a server that says nothing, and stops at once when cancelled', async () => {
    const url = await webServer(() => undefined)
    await expect(machine.call('http_check', { url, timeoutSeconds: 1 })).rejects.toMatchObject({
      code: 'command_failed',
      message: expect.stringContaining('did not answer within 1000 ms'),
    })
    const controller = new AbortController()
    const question = { url: new URL(url), method: 'GET', contains: undefined, timeoutMs: 60_000 } as const
    const asking = machine.host.probes.http(question, controller.signal)
    controller.abort(new Error('enough'))
    await expect(asking).rejects.toThrow('enough')
  })

  it('tries the next address where the first is deaf: localhost is both', async () => {
    const port = await listening(createHttp((_request, response) => void response.end('v4')))
    expect((await machine.call('http_check', { url: `http://localhost:${port}` })).output.status).toBe(200)
  })

  it('says in a sentence why there is no answer', async () => {
    await expect(machine.call('http_check', { url: `http://127.0.0.1:${await closedPort()}` })).rejects.toMatchObject({
      code: 'command_failed',
      message: expect.stringContaining('the connection was refused'),
    })
    const port = await listening(createServer((socket) => socket.end('not http at all\r\n\r\n')))
    await expect(machine.call('http_check', { url: `http://127.0.0.1:${port}` })).rejects.toMatchObject({
      code: 'command_failed',
    })
  })
})

describe('addresses that no probe may reach', () => {
  const forbidden = [
    '169.254.169.254',
    '169.254.170.2',
    '0.0.0.0',
    '224.0.0.1',
    '255.255.255.255',
    '100.100.100.200',
    '168.63.129.16',
    '::',
    '::ffff:169.254.169.254',
    '::ffff:a9fe:a9fe',
    '::a9fe:a9fe',
    '64:ff9b::a9fe:a9fe',
    '2002:a9fe:a9fe::1',
    'fe80::1',
    'fe80::1%eth0',
    'fd00:ec2::254',
    'ff02::1',
  ]

  it.each(forbidden)('%s', (address) => {
    expect(whyRefused(address)).not.toBeNull()
  })

  it.each(['127.0.0.1', '::1', '10.0.0.1', '192.168.1.1', 'fd00::1', '8.8.8.8', '2606:4700::1'])(
    'but %s may be',
    (address) => {
      expect(whyRefused(address)).toBeNull()
    },
  )

  it('no link-local address gets through, however it is wrapped', () => {
    fc.assert(
      fc.property(fc.nat(255), fc.nat(255), (third, fourth) => {
        const plain = ipaddr.IPv4.parse(`169.254.${third}.${fourth}`)
        const hex = plain
          .toByteArray()
          .map((byte) => byte.toString(16).padStart(2, '0'))
          .join('')
          .replace(/(.{4})/, '$1:')
        for (const address of [plain.toString(), `::ffff:${hex}`, `64:ff9b::${hex}`, `2002:${hex}::`, `::${hex}`]) {
          expect(whyRefused(address)).not.toBeNull()
        }
      }),
    )
  })

  it.each([
    ['port_check', { host: '169.254.169.254', port: 80 }],
    ['port_check', { host: '2852039166', port: 80 }],
    ['port_check', { host: '0xa9fea9fe', port: 80 }],
    ['http_check', { url: 'http://169.254.169.254/latest/meta-data/' }],
    ['http_check', { url: 'http://2852039166/' }],
    ['http_check', { url: 'http://[::ffff:169.254.169.254]/' }],
    ['http_check', { url: 'http://0/' }],
    ['certificate_check', { host: 'fd00:ec2::254' }],
  ])('%s %j is refused with a sentence', async (name, args) => {
    await expect(machine.call(name, args)).rejects.toMatchObject({
      code: 'forbidden',
      message: expect.stringMatching(/is not probed: .+\.$/),
    })
  })
})
