import { execFileSync } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { readFileSync } from 'node:fs'
import { createServer as createHttp, type RequestListener } from 'node:http'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { createServer as createTls } from 'node:tls'
import { fileURLToPath } from 'node:url'
import { requires } from '@castellan/testing'
import fc from 'fast-check'
import ipaddr from 'ipaddr.js'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { parseIptables, parseNftables } from '../../src/host/firewall.ts'
import { readInterfaces } from '../../src/host/interfaces.ts'
import { whyRefused } from '../../src/host/probes/address.ts'
import { parseRoutes4, parseRoutes6 } from '../../src/host/routes.ts'
import { hostResource } from '../../src/tools/network/fields.ts'
import { type Machine, openMachine, toolByName } from '../support/machine.ts'

let machine: Machine
beforeAll(async () => {
  machine = await openMachine()
})
afterAll(() => machine[Symbol.asyncDispose]())

/** Listens on a free port of this machine until the test is over. */
async function listening(server: Server, address = '127.0.0.1'): Promise<number> {
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

/** A port on which nothing listens: one that was just given back. */
async function closedPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

async function webServer(answer: RequestListener): Promise<string> {
  return `http://127.0.0.1:${await listening(createHttp(answer))}`
}

describe('what policy is asked about', () => {
  it.each([
    ['127.0.0.1', '127.0.0.1'],
    ['127.1', '127.0.0.1'],
    ['2130706433', '127.0.0.1'],
    ['0x7f.1', '127.0.0.1'],
    ['0177.0.0.1', '127.0.0.1'],
    ['::ffff:127.0.0.1', '127.0.0.1'],
    ['0:0:0:0:0:0:0:1', '::1'],
    ['Example.ORG.', 'example.org'],
    ['08.example.org', '08.example.org'],
  ])('names %s as the one host it leads to', (host, id) => {
    expect(hostResource(host)).toEqual([{ kind: 'host', id, access: 'read' }])
  })
})

describe('network_listeners', () => {
  it('finds a port of our own with its process, over TCP and UDP, IPv4 and IPv6', async () => {
    const port = await listening(createServer())
    const udp = createSocket('udp6')
    onTestFinished(() => void udp.close())
    await new Promise<void>((resolve) => udp.bind(0, '::1', resolve))
    const { output, summary, taints } = await machine.call('network_listeners', { port, protocol: 'tcp' })
    expect(output.listeners).toEqual([
      expect.objectContaining({ protocol: 'tcp', address: '127.0.0.1', port, pid: process.pid }),
    ])
    expect(summary).toMatch(/^1 socket listens on tcp port \d+: .+ \(this machine only\)\.$/)
    expect(taints).toEqual(['untrusted-text'])
    const other = await machine.call('network_listeners', { port: udp.address().port, protocol: 'udp' })
    expect(other.output.listeners).toEqual([
      expect.objectContaining({ protocol: 'udp', address: '::1', pid: process.pid }),
    ])
  })

  it('leaves out as many as told, and says when none are left', async () => {
    const port = await listening(createServer())
    const other = createServer()
    onTestFinished(() => void other.close())
    await new Promise<void>((resolve) => other.listen(port, '127.0.0.2', resolve))
    const all = await machine.call('network_listeners', { port, protocol: 'tcp' })
    const rest = await machine.call('network_listeners', { port, protocol: 'tcp', offset: 1 })
    expect(rest.output).toMatchObject({ matching: 2, truncated: false })
    expect(rest.output.listeners).toEqual((all.output.listeners as unknown[]).slice(1))
    expect(rest.summary).toMatch(/^2 sockets listen on tcp port \d+, among them: /)
    expect((await machine.call('network_listeners', { port, protocol: 'tcp', offset: 2 })).summary).toBe(
      'The offset leaves out all there are (2 sockets).',
    )
  })

  it('says when nothing listens', async () => {
    expect((await machine.call('network_listeners', { port: 1 })).summary).toBe('Nothing listens on port 1.')
  })
})

describe('network_connections', () => {
  it('finds both ends of a connection of our own', async () => {
    const server = createServer((socket) => socket.on('error', () => undefined))
    const port = await listening(server)
    const client = connect(port, '127.0.0.1')
    onTestFinished(() => void client.destroy())
    await new Promise((resolve) => client.once('connect', resolve))
    const { output, summary } = await machine.call('network_connections', { port, state: 'established' })
    expect(output).toMatchObject({ matching: 2, truncated: false })
    expect(output.connections).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ port, remotePort: client.localPort, remoteAddress: '127.0.0.1', pid: process.pid }),
        expect.objectContaining({ port: client.localPort, remotePort: port, pid: process.pid }),
      ]),
    )
    expect(summary).toMatch(/^2 connections: 2 × established\. Established: /)
  })

  it('pages without a gap, and says when there is none', async () => {
    const server = createServer()
    const port = await listening(server)
    const clients = Array.from({ length: 3 }, () => connect(port, '127.0.0.1'))
    onTestFinished(() => clients.forEach((client) => void client.destroy()))
    await Promise.all(clients.map((client) => new Promise((resolve) => client.once('connect', resolve))))
    const first = await machine.call('network_connections', { port, limit: 4 })
    const rest = await machine.call('network_connections', { port, limit: 4, offset: 4 })
    expect(first.output).toMatchObject({ matching: 6, truncated: true })
    expect(rest.output).toMatchObject({ matching: 6, truncated: false })
    const seen = [first, rest].flatMap(({ output }) => output.connections as { port: number; remotePort: number }[])
    expect(new Set(seen.map((each) => `${each.port} ${each.remotePort}`)).size).toBe(6)
    expect((await machine.call('network_connections', { process: 'no-such-program' })).summary).toBe(
      'There is no such connection.',
    )
  })
})

describe('network_interfaces and network_routes', () => {
  it.each([
    [['lo'], /^1 network interface: lo \(/],
    [['lo', 'eth0'], /^1 network interface besides the loopback: eth0 is up \(/],
    [['lo', 'eth0', 'eth1'], /^2 network interfaces besides the loopback: eth0 is up \(.+\) and eth1 is up \(/],
    [['eth0', 'eth1'], /^2 network interfaces: eth0 is up/],
  ])('of %j it lists as many as it says', (names, summary) => {
    const figures = { receivedBytes: 0, sentBytes: 0, receiveErrors: 0, sendErrors: 0, dropped: 0 }
    const interfaces = names.map((name) => ({
      ...{ name, kind: name === 'lo' ? 'loopback' : 'ethernet', state: name === 'lo' ? 'unknown' : 'up' },
      ...{ macAddress: null, addresses: [], mtuBytes: 1500, speedMegabits: null, ...figures },
    }))
    const tool = toolByName('network_interfaces')
    const output = tool.output.parse({ interfaces, matching: names.length, truncated: false })
    expect(tool.summary(output, tool.input.parse({}))).toMatch(summary)
  })

  it('shows what the system shows', async () => {
    const { output } = await machine.call('network_interfaces')
    const shown = new Map(
      (output.interfaces as { name: string; addresses: string[] }[]).map((each) => [each.name, each.addresses]),
    )
    for (const [name, addresses] of Object.entries(networkInterfaces())) {
      expect(shown.get(name)).toEqual(addresses?.map(({ cidr }) => cidr))
    }
    const [lo] = (await machine.call('network_interfaces', { name: 'lo' })).output.interfaces as unknown[]
    expect(lo).toMatchObject({ kind: 'loopback', mtuBytes: expect.any(Number), macAddress: null })
    expect((await machine.call('network_interfaces', { name: 'none0' })).summary).toBe('There is no interface none0.')
  })

  it('without /sys it says what is missing', async () => {
    await expect(readInterfaces('/no/such/folder')).rejects.toMatchObject({ code: 'unsupported_host' })
  })

  it('reads routes of both families as the kernel writes them', () => {
    const four =
      'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n' +
      'eth0\t00000000\t0100A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\n' +
      'eth0\t0000A8C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0\n' +
      'eth1\t000010AC\t00000000\t0000\t0\t0\t0\t0000F0FF\t0\t0\t0\n'
    expect(parseRoutes4(four)).toEqual([
      { family: 4, destination: 'default', gateway: '192.168.0.1', interface: 'eth0', metric: 100, rejected: false },
      { family: 4, destination: '192.168.0.0/24', gateway: null, interface: 'eth0', metric: 100, rejected: false },
    ])
    const zero = '0'.repeat(32)
    const six =
      `${zero} 00 ${zero} 00 fe800000000000000000000000000001 00000400 00000001 00000000 00000003     eth0\n` +
      `20010db8000000000000000000000000 40 ${zero} 00 ${zero} 00000100 00000001 00000000 00000001     eth0\n` +
      `20010db8000000000000000000000005 80 ${zero} 00 ${zero} 00000000 00000001 00000000 80200001       lo\n` +
      `ff000000000000000000000000000000 08 ${zero} 00 ${zero} 00000100 00000001 00000000 00000001     eth0\n`
    expect(parseRoutes6(six)).toEqual([
      { family: 6, destination: 'default', gateway: 'fe80::1', interface: 'eth0', metric: 1024, rejected: false },
      { family: 6, destination: '2001:db8::/64', gateway: null, interface: 'eth0', metric: 256, rejected: false },
    ])
    expect([...parseRoutes4(''), ...parseRoutes6('')]).toEqual([])
  })

  it('answers on this machine, whatever routes it has', async () => {
    expect((await machine.call('network_routes', { family: '4' })).summary).toMatch(/route/)
  })
})

describe('dns_lookup', () => {
  it('tells what programs here get, apart from what name servers say', async () => {
    const { output, taints } = await machine.call('dns_lookup', { name: 'localhost', types: ['A'] })
    expect(output).toMatchObject({ name: 'localhost', answers: [{ type: 'A' }] })
    expect(output.systemAddresses).toEqual(expect.arrayContaining([expect.stringMatching(/^(127\.0\.0\.1|::1)$/)]))
    expect(taints).toEqual(['untrusted-text'])
  }, 20_000)

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
  }, 20_000)
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

requires.command('openssl', 'openssl').describe('certificate_check', () => {
  /** A certificate that signs itself, for a name, ending in some days. */
  function certificate(name: string, days: number): { key: Buffer; cert: Buffer } {
    const [key, cert] = [join(machine.folder, `${name}.key`), join(machine.folder, `${name}.crt`)]
    const request = [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-subj',
      `/CN=${name}`,
    ]
    execFileSync(
      'openssl',
      [...request, '-addext', `subjectAltName=DNS:${name}`, '-days', String(days), '-keyout', key, '-out', cert],
      {
        stdio: 'ignore',
      },
    )
    return { key: readFileSync(key), cert: readFileSync(cert) }
  }

  it('tells names, dates and why it is not trusted', async () => {
    const port = await listening(createTls(certificate('demo.test', 10)))
    const { output, summary, taints } = await machine.call('certificate_check', {
      host: '127.0.0.1',
      port,
      serverName: 'demo.test',
    })
    expect(output).toMatchObject({
      valid: false,
      trusted: false,
      trustProblem: 'DEPTH_ZERO_SELF_SIGNED_CERT',
      matchesName: true,
      subject: 'CN=demo.test',
      names: ['demo.test'],
      daysLeft: 9,
      chainLength: 1,
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    })
    expect(summary).toContain('not trusted here')
    expect(summary).toContain('It is time to renew it.')
    expect(taints).toEqual(['untrusted-text'])
    const wrong = await machine.call('certificate_check', { host: 'localhost', port })
    expect(wrong.output).toMatchObject({ matchesName: false, address: '127.0.0.1' })
    expect(wrong.summary).toContain('it is for demo.test')
  })

  it('says when there is no TLS to speak, or nobody', async () => {
    const plain = await listening(createHttp((_request, response) => void response.end()))
    await expect(machine.call('certificate_check', { host: '127.0.0.1', port: plain })).rejects.toMatchObject({
      code: 'command_failed',
      message: expect.stringMatching(/shook no hands over TLS: it (does not speak TLS|hung up)/),
    })
    await expect(
      machine.call('certificate_check', { host: '127.0.0.1', port: await closedPort() }),
    ).rejects.toMatchObject({
      message: expect.stringContaining('the connection was refused'),
    })
    const silent = await listening(createServer())
    await expect(
      machine.call('certificate_check', { host: '127.0.0.1', port: silent, timeoutSeconds: 1 }),
    ).rejects.toMatchObject({ message: expect.stringContaining('did not answer within 1000 ms') })
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

describe('firewall_status', () => {
  it('reads nftables and iptables alike', () => {
    const nft = JSON.stringify({
      nftables: [
        { metainfo: {} },
        { table: { family: 'inet', name: 'filter' } },
        {
          chain: {
            family: 'inet',
            table: 'filter',
            name: 'input',
            hook: 'input',
            prio: 0,
            policy: 'drop',
            type: 'filter',
          },
        },
        { chain: { family: 'inet', table: 'filter', name: 'extra' } },
        { rule: { family: 'inet', table: 'filter', chain: 'input', expr: [] } },
      ],
    })
    expect(parseNftables(nft)).toEqual([
      { family: 'inet', table: 'filter', name: 'input', hook: 'input', policy: 'drop', rules: 1 },
      { family: 'inet', table: 'filter', name: 'extra', hook: null, policy: null, rules: 0 },
    ])
    const saved = '*filter\n:INPUT DROP [0:0]\n:DOCKER - [0:0]\n-A INPUT -p tcp -j ACCEPT\n-A INPUT -j DOCKER\nCOMMIT\n'
    expect(parseIptables(saved, 'ip')).toEqual([
      { family: 'ip', table: 'filter', name: 'INPUT', hook: 'input', policy: 'drop', rules: 2 },
      { family: 'ip', table: 'filter', name: 'DOCKER', hook: null, policy: null, rules: 0 },
    ])
  })

  const script = fileURLToPath(new URL('../support/call-tools.ts', import.meta.url))
  /** Calls the tool in a network namespace of its own, after some shell. */
  function within(shell: string): { output: Record<string, unknown>; summary: string; taints: string[] } {
    const steps = JSON.stringify([{ name: 'firewall_status' }])
    const argv = [
      '-n',
      'sh',
      '-ec',
      `${shell}; exec "$0" --conditions=source "$1" "$2"`,
      process.execPath,
      script,
      steps,
    ]
    return JSON.parse(execFileSync('unshare', argv, { encoding: 'utf8', timeout: 30_000 }))[0]
  }

  requires
    .root()
    .and(requires.command('nft', 'nftables'))
    .test('shows the real rules, and says when there are none', () => {
      const rules =
        'add table inet t; add chain inet t in { type filter hook input priority 0; policy drop; }; add rule inet t in tcp dport 22 accept'
      const { output, summary, taints } = within(`nft '${rules}'`)
      expect(output).toMatchObject({
        backend: 'nftables',
        filtering: true,
        chains: [{ family: 'inet', table: 't', name: 'in', hook: 'input', policy: 'drop', rules: 1 }],
        truncated: false,
        nextOffset: null,
      })
      expect(output.rules).toContain('tcp dport 22 accept')
      expect(summary).toBe('nftables with 1 chain and 1 rule. On input: inet t drops what 1 rule does not decide.')
      expect(taints).toEqual(['untrusted-text'])
      expect(within('true').summary).toContain('everything that listens can be reached')
    })

  requires
    .that(
      !requires.command('nft', 'nftables').met && !requires.command('iptables-save', 'iptables').met,
      'needs a host without nft and iptables',
    )
    .test('says what is missing', async () => {
      await expect(machine.call('firewall_status')).rejects.toMatchObject({
        code: 'unsupported_host',
        message: expect.stringContaining('nftables'),
      })
    })
})

describe('arguments that are refused before anything is asked', () => {
  it.each([
    ['network_listeners', { port: 65_536 }],
    ['network_listeners', { protocol: 'icmp' }],
    ['network_connections', { state: 'open' }],
    ['network_routes', { family: 4 }],
    ['dns_lookup', { name: 'a b' }],
    ['dns_lookup', { name: '-x.example.org;id' }],
    ['dns_lookup', { name: 'example.org', types: ['AXFR'] }],
    ['dns_lookup', { name: 'example.org', types: [] }],
    ['port_check', { host: 'example.org' }],
    ['port_check', { host: 'example.org', port: 0 }],
    ['port_check', { host: 'http://example.org', port: 80 }],
    ['port_check', { host: 'x', port: 80, timeoutSeconds: 600 }],
    ['http_check', { url: 'file:///etc/passwd' }],
    ['http_check', { url: 'gopher://example.org' }],
    ['http_check', { url: 'http://user:secret@example.org/' }],
    ['http_check', { url: 'example.org' }],
    ['http_check', { url: 'http://example.org', method: 'POST' }],
    ['http_check', { url: 'http://example.org', headers: {} }],
    ['certificate_check', { host: 'a/b' }],
    ['firewall_status', { offset: -1 }],
  ])('%s %j', (name, args) => {
    expect(toolByName(name).input.safeParse(args).success).toBe(false)
  })
})
