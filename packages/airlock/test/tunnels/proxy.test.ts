import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import { promisify } from 'node:util'
import type { TunnelGrant } from '@castellan/contracts'
import { requires, temporaryFolder, until } from '@castellan/testing'
import { describe, expect, test } from 'vitest'
import { airlock, refusal } from '../support/airlock.ts'
import { Authority } from '../support/certificates.ts'
import { ask, basic } from '../support/connect.ts'
import { startUpstream } from '../support/upstream.ts'

const zone = { 'api.test': ['127.0.0.1'], 'other.test': ['127.0.0.1'] }

async function reachable(handler?: Parameters<typeof startUpstream>[1]) {
  const upstream = await startUpstream(['api.test', 'other.test'], handler)
  const lock = await airlock({ zone })
  const { port, ca } = upstream
  const entry = await lock.allow({ host: 'api.test', port, reach: 'loopback', ca })
  const mint = (more: { ttl_s?: number; max_bytes?: number } = {}) =>
    lock.tunnel({ hosts: [{ host: 'api.test', port }], purpose: 'engine.cli', ...more })
  return { upstream, lock, entry, mint, port }
}

/** One HTTPS request over a tunnel that is open. */
async function through(socket: Socket, ca: string, servername: string, path = '/'): Promise<string> {
  const tls = connectTls({ socket, servername, ca })
  await once(tls, 'secureConnect')
  tls.write(`GET ${path} HTTP/1.1\r\nhost: ${servername}\r\nconnection: close\r\n\r\n`)
  let text = ''
  for await (const piece of tls) text += piece
  return text
}

describe('a permission', () => {
  test('lets a program to its hosts, and both ends of a tunnel are on record', async () => {
    const { upstream, mint, port, lock, entry } = await reachable()
    const grant = await mint()
    const { status, socket } = await ask(grant, `api.test:${port}`)
    expect(status).toBe(200)
    expect(await through(socket, upstream.ca, 'api.test')).toContain('hello')
    const opened = await lock.ledger.next('egress_tunnel_opened')
    expect(opened).toMatchObject({
      tunnel: grant.id,
      destination: entry.id,
      host: 'api.test',
      port,
      purpose: 'engine.cli',
    })
    const closed = await lock.ledger.next('egress_tunnel_closed')
    expect(closed).toMatchObject({ tunnel: grant.id, target: opened.index, ok: true, address: '127.0.0.1' })
    expect(closed.bytes).toBeGreaterThan(1000)
    expect(lock.names.asked['A api.test']).toBe(1)
    expect(JSON.stringify(lock.ledger.entries)).not.toContain(grant.password)
  })

  test('is not given for what is not on the list, nor for entries whose limits a tunnel would hide', async () => {
    const { lock, port } = await reachable()
    await lock.allow({ host: 'part.test', path: '/v1' })
    await lock.allow({ host: 'read.test', methods: ['GET'] })
    await lock.allow({ host: 'plain.test', scheme: 'http', port: 443 })
    for (const host of ['evil.test', 'part.test', 'read.test', 'plain.test', 'localhost']) {
      expect([
        host,
        (await refusal(lock.tunnel({ hosts: [{ host: 'api.test', port }, { host }], purpose: 'x' }))).code,
      ]).toEqual([host, 'egress_denied'])
    }
    expect(lock.ledger.of('egress_tunnel_granted')).toEqual([])
  })

  test('is over when it is taken back, runs out, or the airlock is shut, and so are its tunnels', async () => {
    const { upstream, mint, port, lock } = await reachable((_request, response) => void response.write('begun'))
    const ends: [string, (grant: TunnelGrant) => Promise<unknown>, { ttl_s?: number }][] = [
      ['cancelled', (grant) => lock.endTunnel(grant.id), {}],
      ['egress_timeout', () => Promise.resolve(), { ttl_s: 4 }],
      ['egress_off', () => lock.turn({ off: true, reason: 'x' }), {}],
    ]
    for (const [why, end, more] of ends) {
      const grant = await mint(more)
      const { socket } = await ask(grant, `api.test:${port}`)
      const tls = connectTls({ socket, servername: 'api.test', ca: upstream.ca })
      tls.on('error', () => undefined)
      await once(tls, 'secureConnect')
      await end(grant)
      await until(`${why} closes it`, () => upstream.open() === 0 && socket.destroyed)
      expect((await ask(grant, `api.test:${port}`)).status).toBe(407)
      if (why !== 'cancelled') {
        await until('it is on record', () => lock.ledger.of('egress_tunnel_closed').some(({ code }) => code === why))
      }
    }
    expect((await refusal(mint())).code).toBe('egress_off')
  })

  test('is not given where the airlock was shut while it was recorded', async () => {
    const { mint, lock } = await reachable()
    lock.ledger.onRecord = async ({ type }) => {
      if (type === 'egress_tunnel_granted') await lock.turn({ off: true, reason: 'x' })
    }
    expect((await refusal(mint())).code).toBe('egress_off')
    expect((await lock.health()).detail?.tunnels).toBe(0)
  })

  test('does not outlive its entry', async () => {
    const { mint, port, lock, entry, upstream } = await reachable()
    const grant = await mint()
    const { socket } = await ask(grant, `api.test:${port}`)
    const tls = connectTls({ socket, servername: 'api.test', ca: upstream.ca })
    tls.on('error', () => undefined)
    await once(tls, 'secureConnect')
    await lock.remove(entry.id)
    await until('the tunnel is closed', () => upstream.open() === 0)
    const { status, head } = await ask(grant, `api.test:${port}`)
    expect([status, head]).toEqual([403, expect.stringContaining('egress_denied')])
  })

  test('carries no more than it may', async () => {
    const { upstream, mint, port, lock } = await reachable(
      (_request, response) => void response.end(Buffer.alloc(1_000_000)),
    )
    const grant = await mint({ max_bytes: 50_000 })
    const { socket } = await ask(grant, `api.test:${port}`)
    expect((await through(socket, upstream.ca, 'api.test').catch(() => '')).length).toBeLessThan(50_000)
    expect(await lock.ledger.next('egress_tunnel_closed')).toMatchObject({ ok: false, code: 'egress_truncated' })
    expect((await ask(grant, `api.test:${port}`)).status).toBe(502)
  })
})

describe('the proxy refuses', () => {
  test('whoever has no permission, or another’s name', async () => {
    const { mint, port, lock } = await reachable()
    const [one, two] = [await mint(), await mint()]
    const wrong = [
      '',
      'Bearer x',
      'Basic',
      'Basic !!',
      'Basic eA==',
      basic({ ...one, password: two.password }),
      basic({ ...one, username: 'x' }),
      basic({ ...one, password: '' }),
    ]
    for (const authorization of wrong) {
      const { status, head } = await ask(one, `api.test:${port}`, authorization)
      expect([authorization, status, head.includes('proxy-authenticate: Basic')]).toEqual([authorization, 407, true])
    }
    expect(lock.names.asked).toEqual({})
  })

  test.each([
    'other.test:PORT',
    'evil.test:443',
    'api.test:1',
    'api.test',
    'api.test:',
    'api.test:0',
    'api.test:99999',
    '127.0.0.1:PORT',
    '[::1]:PORT',
    'localhost:PORT',
    '2130706433:PORT',
    'api.test.:PORT',
    'user@api.test:PORT',
    'https://api.test:PORT',
    '/',
    '*',
  ])('a tunnel to %s', async (target) => {
    const { mint, port, lock, upstream } = await reachable()
    const { status } = await ask(await mint(), target.replace('PORT', String(port)))
    expect([400, 403]).toContain(status)
    expect([lock.names.asked, upstream.connections()]).toEqual([{}, 0])
  })

  test('requests that it should make itself', async () => {
    const { mint, port, upstream } = await reachable()
    const grant = await mint()
    for (const method of ['GET', 'POST', 'OPTIONS', 'TRACE']) {
      expect((await ask(grant, `http://api.test:${port}/`, basic(grant), method)).status).toBe(405)
    }
    expect(upstream.connections()).toBe(0)
  })

  test('a name that leads where no entry of its kind may', async () => {
    const lock = await airlock({
      zone: { 'lures.test': ['169.254.169.254'], 'rebind.test': (nth) => (nth === 0 ? ['10.0.0.1'] : ['8.8.8.8']) },
    })
    for (const host of ['lures.test', 'rebind.test']) {
      await lock.allow({ host })
      const grant = await lock.tunnel({ hosts: [{ host }], purpose: 'x' })
      expect((await ask(grant, `${host}:443`)).status).toBe(403)
      expect(await lock.ledger.next('egress_tunnel_closed')).toMatchObject({ ok: false, code: 'egress_denied' })
    }
  })

  test('to carry anything but TLS to that very host', async () => {
    const { mint, port, lock, upstream } = await reachable()
    const grant = await mint()
    for (const words of ['GET / HTTP/1.1\r\n\r\n', 'SSH-2.0-x\r\n', '\x16\x03\x01\x00\x04\x02\x00\x00\x00']) {
      const { socket, status } = await ask(grant, `api.test:${port}`)
      expect(status).toBe(200)
      socket.end(Buffer.from(words, 'latin1'))
      await once(socket, 'close')
    }
    const { socket } = await ask(grant, `api.test:${port}`)
    const fronted = connectTls({ socket, servername: 'other.test', ca: upstream.ca })
    fronted.on('error', () => undefined)
    await until('it is cut off', () => socket.destroyed)
    await until('all are on record', () => lock.ledger.of('egress_tunnel_closed').length === 4)
    expect(lock.ledger.of('egress_tunnel_closed').map(({ code, bytes }) => [code, bytes])).toEqual(
      Array(4).fill(['egress_denied', 0]),
    )
    expect(upstream.requests).toEqual([])
  })

  test('what cannot be recorded', async () => {
    const { mint, port, lock, upstream } = await reachable()
    const grant = await mint()
    lock.ledger.failing = true
    expect((await ask(grant, `api.test:${port}`)).status).toBe(503)
    expect([lock.names.asked, upstream.connections()]).toEqual([{}, 0])
  })
})

describe('real programs', () => {
  requires.command('curl', 'curl').test('curl goes through with the address that the environment has', async () => {
    const { mint, port, upstream } = await reachable()
    const { host, port: proxyPort, username, password } = await mint()
    const ca = join(temporaryFolder(), 'ca.pem')
    writeFileSync(ca, upstream.ca)
    const env = {
      PATH: process.env.PATH,
      HTTPS_PROXY: `http://${username}:${password}@${host}:${proxyPort}`,
      NO_PROXY: '',
    }
    const run = promisify(execFile)('curl', ['-sS', '--cacert', ca, '-m', '20', `https://api.test:${port}/`], { env })
    expect((await run).stdout).toBe('hello')
  })

  test('Node’s own fetch goes through with it', async () => {
    const { mint, port, upstream } = await reachable()
    const { host, port: proxyPort, username, password } = await mint()
    const ca = join(temporaryFolder(), 'ca.pem')
    writeFileSync(ca, upstream.ca)
    const proxy = `http://${username}:${password}@${host}:${proxyPort}`
    const env = {
      PATH: process.env.PATH,
      HTTPS_PROXY: proxy,
      https_proxy: proxy,
      NODE_USE_ENV_PROXY: '1',
      NODE_EXTRA_CA_CERTS: ca,
    }
    const script = `fetch('https://api.test:${port}/').then((answer) => answer.text()).then((text) => process.stdout.write(text))`
    expect((await promisify(execFile)(process.execPath, ['-e', script], { env, timeout: 120_000 })).stdout).toBe(
      'hello',
    )
  })

  test('a certificate of somebody else is noticed by the program itself: the airlock does not look inside', async () => {
    const { mint, port } = await reachable()
    const { socket } = await ask(await mint(), `api.test:${port}`)
    await expect(through(socket, new Authority().cert, 'api.test')).rejects.toThrow()
  })
})
