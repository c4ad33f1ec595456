import { createSocket } from 'node:dgram'
import { connect, createServer } from 'node:net'
import { networkInterfaces } from 'node:os'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { readInterfaces } from '../../../src/host/interfaces.ts'
import { parseRoutes4, parseRoutes6 } from '../../../src/host/routes.ts'
import { hostResource } from '../../../src/tools/network/fields.ts'
import { listening } from '../../support/listening.ts'
import { type Machine, openMachine, toolByName } from '../../support/machine.ts'

let machine: Machine
beforeAll(async () => {
  machine = await openMachine()
})
afterAll(() => machine[Symbol.asyncDispose]())

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
