import { request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { temporaryFolder } from '@castellan/testing'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { GatewayConfig } from '../../src/config.ts'
import { Allowance } from '../../src/plugins/allowance.ts'
import { isNetwork, networkOf } from '../../src/plugins/client-address.ts'
import { makeToken, request } from '../support/api.ts'
import { startGateway, type TestGateway } from '../support/gateway.ts'
import { redeem } from '../support/sign-in.ts'

const READ = '/api/v1/agents'
/** Time that does not pass, however slow the machine is. */
const STILL = { monotonic: () => 0 }
const PLENTY = { perTokenPerMinute: 6_000, perAddressPerMinute: 30_000, refusedPerMinute: 60 }

test('a token that asks too often waits, and another goes on', async () => {
  const gateway = await startGateway({ config: { limits: { ...PLENTY, perTokenPerMinute: 5 } }, server: STILL })
  const { secret } = await makeToken(gateway)
  const { secret: other } = await makeToken(gateway)
  for (let count = 0; count < 5; count++) expect((await request(gateway, READ, { token: secret })).status).toBe(200)
  const refused = await request(gateway, READ, { token: secret })
  expect([refused.status, refused.json.code]).toEqual([429, 'rate_limited'])
  expect(Number(refused.headers['retry-after'])).toBeGreaterThanOrEqual(1)
  expect((await request(gateway, READ, { token: other })).status).toBe(200)
})

test('an address that asks too often waits before anybody looks at who it is', async () => {
  const config = { limits: { ...PLENTY, perAddressPerMinute: 5 }, trustedProxies: ['127.0.0.1'] }
  const gateway = await startGateway({ config, server: STILL })
  const from = (address: string) => gateway.ask('/health', { headers: { 'x-forwarded-for': address } })
  for (let count = 0; count < 5; count++) expect((await from('192.0.2.7')).status).toBe(200)
  expect((await from('192.0.2.7')).status).toBe(429)
  expect((await from('192.0.2.8')).status).toBe(200)
})

test('whoever guesses tokens waits, and a good one is let in from the same address meanwhile', async () => {
  const gateway = await startGateway({ config: { limits: { ...PLENTY, refusedPerMinute: 3 } }, server: STILL })
  const guess = () => request(gateway, READ, { token: `cst_${'A'.repeat(43)}` })
  for (let count = 0; count < 3; count++) expect((await guess()).status).toBe(401)
  const refused = await guess()
  expect([refused.status, refused.json.code]).toEqual([429, 'rate_limited'])
  expect((await request(gateway, READ)).status).toBe(200)
})

test('an allowance gives no more than it should in any minute, however it is asked', () => {
  const pauses = fc.array(fc.integer({ min: 0, max: 20_000 }), { maxLength: 300 })
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 100 }), pauses, (perMinute, waits) => {
      let now = 0
      const allowance = new Allowance(perMinute, () => now)
      const given: number[] = []
      for (const wait of waits) {
        now += wait
        if (allowance.take('a') === 0) given.push(now)
      }
      for (const [index, time] of given.entries()) {
        const inMinute = given.slice(index).filter((other) => other - time < 60_000)
        expect(inMinute.length).toBeLessThanOrEqual(2 * perMinute)
      }
    }),
  )
})

test('waiting as long as one is told to is enough', () => {
  let now = 0
  const allowance = new Allowance(7, () => now)
  for (let count = 0; count < 100; count++) {
    const seconds = allowance.take('a')
    if (seconds === 0) continue
    now += seconds * 1000
    expect(allowance.take('a')).toBe(0)
  }
})

test('what a header says about the address counts from configured proxies alone', async () => {
  const claims = { 'x-forwarded-for': '198.51.100.1', forwarded: 'for=198.51.100.2', 'x-real-ip': '198.51.100.3' }
  const from = async (config: Partial<GatewayConfig>, headers: Record<string, string> = claims) => {
    const gateway = await startGateway({ config })
    return addressSeen(gateway, headers)
  }
  expect(await from({})).toBe('127.0.0.1')
  expect(await from({ trustedProxies: ['10.0.0.0/8'] })).toBe('127.0.0.1')
  expect(await from({ trustedProxies: ['127.0.0.0/8'] })).toBe('198.51.100.1')
  expect(await from({ trustedProxies: ['127.0.0.1'], forwardedHeader: 'forwarded' })).toBe('198.51.100.2')
})

test.each([
  ['the last that is no proxy, whatever the client put before it', '1.1.1.1, 198.51.100.9, 10.1.2.3', '198.51.100.9'],
  ['nothing but proxies', '10.1.2.3, 10.3.2.1', '10.1.2.3'],
  ['an address with its port', '198.51.100.9:4711', '198.51.100.9'],
  ['IPv6 with its port', '[2001:db8::7]:443', '2001:db8::7'],
  ['IPv4 in IPv6', '::ffff:198.51.100.9', '198.51.100.9'],
  ['no address at all', '198.51.100.9, unknown', '127.0.0.1'],
  ['nothing', '', '127.0.0.1'],
  ['something long', `${'1.1.1.1,'.repeat(500)} 198.51.100.9`, '198.51.100.9'],
])('behind a proxy the client is %s', async (_what, header, expected) => {
  const gateway = await startGateway({ config: { trustedProxies: ['127.0.0.1', '10.0.0.0/8'] } })
  expect(await addressSeen(gateway, { 'x-forwarded-for': header })).toBe(expected)
})

test('a proxy that says the client speaks TLS gets cookies that need it', async () => {
  const gateway = await startGateway({ config: { trustedProxies: ['127.0.0.1'] } })
  const headers = { origin: gateway.url, 'x-forwarded-proto': 'https' }
  const out = await gateway.ask('/sign-out', { method: 'POST', headers })
  expect(out.headers['set-cookie']?.[0]).toContain('Secure')
  expect(out.headers['strict-transport-security']).toContain('max-age=')
  const untrusted = await startGateway()
  const plain = await untrusted.ask('/sign-out', { method: 'POST', headers: { ...headers, origin: untrusted.url } })
  expect(plain.headers['set-cookie']?.[0]).not.toContain('Secure')
  expect(plain.headers['strict-transport-security']).toBeUndefined()
})

test('a proxy on this machine comes in by a socket file, and its word about the client counts', async () => {
  const listenSocket = join(temporaryFolder(), 'gateway.sock')
  const gateway = await startGateway({ config: { listenSocket, publicOrigins: ['https://castellan.example'] } })
  const headers = { host: 'castellan.example', 'x-forwarded-for': '198.51.100.9', 'x-forwarded-proto': 'https' }
  const answer = await overSocket(listenSocket, '/health', headers)
  expect([answer.status, answer.headers['strict-transport-security'] !== undefined]).toEqual([200, true])
  expect((await overSocket(listenSocket, '/health', { host: 'evil.example' })).status).toBe(403)
  expect((await overSocket(listenSocket, READ, { host: 'localhost' })).status).toBe(401)
  const bearer = { host: 'localhost', authorization: `Bearer ${gateway.token}` }
  expect((await overSocket(listenSocket, READ, bearer)).status).toBe(200)
})

test('too many headers are refused with 431, and one twice that may be there once with 400', async () => {
  const gateway = await startGateway()
  const many = Object.fromEntries(Array.from({ length: 101 }, (_, index) => [`x-h${index}`, '1']))
  expect((await gateway.ask('/health', { headers: many })).status).toBe(431)
  const host = `127.0.0.1:${gateway.port}`
  for (const header of [
    'Host: evil.example',
    'Authorization: Bearer a\r\nauthorization: Bearer b',
    'Origin: a\r\nOrigin: b',
  ]) {
    const answer = await rawRequest(gateway.port, `GET /health HTTP/1.1\r\nHost: ${host}\r\n${header}\r\n`)
    expect(answer).toMatch(/^HTTP\/1\.1 400 /)
    expect(answer).toContain('"code":"invalid_request"')
  }
  const smuggled = 'Content-Length: 3\r\nTransfer-Encoding: chunked\r\n'
  expect(await rawRequest(gateway.port, `POST /sign-in HTTP/1.1\r\nHost: ${host}\r\n${smuggled}`)).toMatch(
    /^HTTP\/1\.1 400 /,
  )
})

test('networks are told from what looks like them', () => {
  for (const network of ['127.0.0.1', '10.0.0.0/8', '::1', '2001:db8::/32', '0.0.0.0/0'])
    expect(isNetwork(network)).toBe(true)
  for (const other of ['', 'localhost', '10.0.0.0/33', '::/129', '10.0.0.0/', '10.0.0.0/8/8', '10.0.0.0/-1', '10/8']) {
    expect(isNetwork(other)).toBe(false)
  }
  expect(GatewayConfig.shape.trustedProxies.safeParse(['nginx']).success).toBe(false)
})

test('an IPv6 client is its /64', () => {
  expect(networkOf('2001:db8:1:2:3:4:5:6')).toBe(networkOf('2001:db8:1:2::1'))
  expect(networkOf('2001:db8:1:2::1')).not.toBe(networkOf('2001:db8:1:3::1'))
  expect(networkOf('::1')).toBe('0:0:0:0::/64')
  expect(networkOf('192.0.2.7')).toBe('192.0.2.7')
})

/** The address that a sign-in is noted to have come from. */
async function addressSeen(gateway: TestGateway, headers: Record<string, string>): Promise<string> {
  const { signInCode } = gateway.agentd
  const asked = await redeem(gateway, signInCode, headers)
  expect(asked.status).toBe(200)
  const { json } = await request(gateway, '/api/v1/sign-ins')
  return (json.items as { address: string }[])[0]?.address ?? ''
}

function overSocket(socketPath: string, path: string, headers: Record<string, string>) {
  return new Promise<{ status: number; headers: NodeJS.Dict<string | string[]> }>((resolve, reject) => {
    httpRequest({ socketPath, path, headers, agent: false }, (response) => {
      response.resume().once('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers }))
    })
      .once('error', reject)
      .end()
  })
}

async function rawRequest(port: number, head: string): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  socket.write(`${head}Connection: close\r\n\r\n`)
  return text(socket)
}
