import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { GatewayHealth } from '@castellan/contracts'
import { temporaryFolder } from '@castellan/testing'
import { expect, test } from 'vitest'
import { OwnerToken } from '../../src/tokens/owner-token.ts'
import { startGateway } from '../support/gateway.ts'
import { signIn } from '../support/sign-in.ts'

const TRANSCRIPT = '/api/v1/chats/main/transcript'

test('/health asks for no credential and tells how the parts are', async () => {
  const gateway = await startGateway()
  const well = await gateway.ask('/health')
  expect(GatewayHealth.parse(well.json)).toMatchObject({ status: 'ok', agentd: 'ready', engine: 'ready' })
  await gateway.engine.close()
  expect((await gateway.ask('/health')).json).toMatchObject({
    status: 'degraded',
    agentd: 'ready',
    engine: 'unavailable',
    airlock: 'unavailable',
  })
})

test('being on this machine proves nothing: other routes want a token', async () => {
  const gateway = await startGateway()
  expect((await gateway.ask(TRANSCRIPT)).json.code).toBe('unauthorized')
  expect((await gateway.ask(TRANSCRIPT, { headers: { authorization: `Bearer ${gateway.token}` } })).status).toBe(200)
  expect((await gateway.ask(TRANSCRIPT, { headers: { authorization: `bearer ${gateway.token}` } })).status).toBe(200)
})

test('a wrong token is refused even beside a good cookie', async () => {
  const gateway = await startGateway()
  const headers = await signIn(gateway)
  expect((await gateway.ask(TRANSCRIPT, { headers })).status).toBe(200)
  expect((await gateway.ask(TRANSCRIPT, { headers: { ...headers, authorization: 'Bearer cst_wrong' } })).status).toBe(
    401,
  )
})

test.each(['127.0.0.1', 'localhost', '[::1]'])('the loopback name %s is answered to', async (name) => {
  const gateway = await startGateway()
  expect((await gateway.ask('/health', { headers: { host: `${name}:${gateway.port}` } })).status).toBe(200)
})

test.each([
  ['another name', { host: 'evil.example' }, 'host_refused'],
  ['another port', { host: '127.0.0.1:1' }, 'host_refused'],
  ['no port', { host: 'localhost' }, 'host_refused'],
  ['a name that begins like ours', { host: 'localhost.evil.example' }, 'host_refused'],
  ['a foreign origin', { origin: 'http://evil.example' }, 'origin_refused'],
  ['another port’s origin', { origin: 'http://127.0.0.1:3000' }, 'origin_refused'],
  ['no origin at all, as sandboxed frames send it', { origin: 'null' }, 'origin_refused'],
])('%s is refused on every route, /health and the page included', async (_name, headers, code) => {
  const gateway = await startGateway()
  for (const path of ['/health', '/', '/session', TRANSCRIPT, '/nothing']) {
    const answer = await gateway.ask(path, { headers })
    expect(answer.status).toBe(403)
    expect(answer.json.code).toBe(code)
  }
})

test.each([
  ['an image', { 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' }],
  ['a script', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'script' }],
  ['a frame', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' }],
])('%s of another page is refused on every route, although it names no origin', async (_name, headers) => {
  const gateway = await startGateway()
  const { cookie } = await signIn(gateway)
  for (const path of ['/health', '/', '/session', TRANSCRIPT, '/assets/app-1a2b.js', '/nothing']) {
    const answer = await gateway.ask(path, { headers: { ...headers, cookie } })
    expect(answer.json.code).toBe('origin_refused')
  }
})

test.each([
  ['a link on another page', { 'sec-fetch-site': 'cross-site', 'sec-fetch-dest': 'document' }],
  ['an address typed by hand', { 'sec-fetch-site': 'none', 'sec-fetch-dest': 'document' }],
  ['the page itself', { 'sec-fetch-site': 'same-origin', 'sec-fetch-dest': 'document' }],
])('%s leads to the page', async (_name, headers) => {
  const gateway = await startGateway()
  expect((await gateway.ask('/', { headers: { ...headers, 'sec-fetch-mode': 'navigate' } })).status).toBe(200)
})

test('a public origin from the configuration is answered to, and its cookie needs TLS', async () => {
  const gateway = await startGateway({ config: { publicOrigins: ['https://castellan.example'] } })
  const headers = { host: 'castellan.example', origin: 'https://castellan.example', 'content-type': 'application/json' }
  expect((await gateway.ask('/health', { headers })).status).toBe(200)
  const out = await gateway.ask('/sign-out', { method: 'POST', headers, body: '{}' })
  expect(out.headers['set-cookie']?.[0]).toContain('Secure')
})

test('every answer carries the security headers, refusals included', async () => {
  const gateway = await startGateway()
  for (const path of ['/', '/docs', '/health', TRANSCRIPT, '/nothing']) {
    const { headers } = await gateway.ask(path)
    expect(headers['content-security-policy']).toMatch(/^default-src 'none'; /)
    expect(headers['content-security-policy']).toContain("frame-ancestors 'none'")
    expect(headers['content-security-policy']).not.toContain('unsafe')
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
      'cross-origin-resource-policy': 'same-origin',
    })
  }
})

test('what a browser shows may run scripts of its own origin, and what programs get may run nothing', async () => {
  const gateway = await startGateway()
  for (const path of ['/', '/docs', '/docs/docs.css', '/assets/app-1a2b.js']) {
    const { headers } = await gateway.ask(path)
    expect(headers['content-security-policy']).toContain("script-src 'self';")
    expect(headers).toMatchObject({ 'cross-origin-opener-policy': 'same-origin' })
    expect(headers['permissions-policy']).toContain('camera=()')
  }
  for (const path of ['/health', TRANSCRIPT, '/api/v1/agents']) {
    const { headers } = await gateway.ask(path)
    expect(headers['content-security-policy']).not.toContain("'self'")
  }
})

test('the page’s files are public; those named after their content may be kept', async () => {
  const gateway = await startGateway()
  const page = await gateway.ask('/')
  expect(page.text).toContain('<title>Castellan</title>')
  expect(page.headers['cache-control']).toBe('no-cache')
  const script = await gateway.ask('/assets/app-1a2b.js')
  expect(script.headers['content-type']).toMatch(/javascript/)
  expect(script.headers['cache-control']).toContain('immutable')
})

test.each(['/../token', '/%2e%2e/token', '/assets/..%2f..%2ftoken', '/.hidden'])(
  '%s leads out of the page’s folder and is not served',
  async (path) => {
    const gateway = await startGateway()
    const answer = await gateway.ask(path)
    expect(answer.status).toBeGreaterThanOrEqual(400)
    expect(answer.text).not.toContain('cst_')
    expect(answer.json.code).toMatch(/^(not_found|forbidden|invalid_request)$/)
  },
)

test('a page that was not built says how to build it', async () => {
  const gateway = await startGateway({ config: { pageDir: '/nonexistent' } })
  const answer = await gateway.ask('/')
  expect(answer.status).toBe(503)
  expect(answer.text).toContain('npm run build')
})

test('the gateway does not start on a token that others may read, or that is none', async () => {
  const folder = temporaryFolder()
  const file = join(folder, 'token')
  await expect(OwnerToken.read(file)).rejects.toMatchObject({ code: 'config_invalid' })
  writeFileSync(file, 'secret\n', { mode: 0o600 })
  await expect(OwnerToken.read(file)).rejects.toThrow(/does not hold a token/)
  chmodSync(file, 0o644)
  await expect(OwnerToken.read(file)).rejects.toThrow(/chmod 600/)
})

test('a port that is taken is said so', async () => {
  const first = await startGateway()
  await expect(startGateway({ config: { port: first.port } })).rejects.toMatchObject({ code: 'port_in_use' })
})
