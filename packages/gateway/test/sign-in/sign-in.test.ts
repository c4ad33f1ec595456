import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { newId, PageSession } from '@castellan/contracts'
import { temporaryFolder, until } from '@castellan/testing'
import { expect, test } from 'vitest'
import { PageSessions } from '../../src/sign-in/sessions.ts'
import { startGateway } from '../support/gateway.ts'
import { quietLog } from '../support/log.ts'
import { redeem, signIn } from '../support/sign-in.ts'

const DAY = 24 * 3600 * 1000
const ARRIVAL = { keyId: null, how: 'code', address: null } as const

test('a page signs in with a code, learns who it is, and signs out', async () => {
  const gateway = await startGateway()
  expect(PageSession.parse((await gateway.ask('/session')).json)).toEqual({ signed_in: false, key_id: null })

  const answer = await redeem(gateway)
  expect(answer.json).toEqual({ signed_in: true, key_id: null })
  const [cookie = ''] = answer.headers['set-cookie'] ?? []
  expect(cookie).toMatch(
    new RegExp(
      `^castellan_session_${gateway.port}=[A-Za-z0-9_-]{43}; Max-Age=2592000; Path=/; HttpOnly; SameSite=Strict$`,
    ),
  )

  const headers = { cookie: cookie.split(';', 1)[0] ?? '', origin: gateway.url }
  expect((await gateway.ask('/session', { headers })).json).toMatchObject({ signed_in: true })
  const out = await gateway.ask('/sign-out', { method: 'POST', headers })
  expect(out.status).toBe(204)
  expect(out.headers['set-cookie']?.[0]).toContain('Max-Age=0')
  expect((await gateway.ask('/session', { headers })).json).toMatchObject({ signed_in: false })
})

test('signing out closes the sockets of that browser and of no other', async () => {
  const gateway = await startGateway()
  const headers = await signIn(gateway)
  const page = await gateway.connect({ headers })
  const program = await gateway.connect()
  await gateway.ask('/sign-out', { method: 'POST', headers })
  await until('the page’s socket is closed', () => page.closed)
  expect(page.closed?.code).toBe(4001)
  expect(program.closed).toBeNull()
})

test('a restart of the gateway signs nobody out', async () => {
  const first = await startGateway()
  const { cookie } = await signIn(first)
  await first.stop()
  // The cookie is named after the port, so the restarted gateway takes the same one.
  const second = await startGateway({ folder: first.folder, config: { port: first.port } })
  expect((await second.ask('/session', { headers: { cookie } })).json).toMatchObject({ signed_in: true })
})

test('the state folder holds only the hash of a cookie, for its owner’s eyes', async () => {
  const gateway = await startGateway()
  const { cookie } = await signIn(gateway)
  const file = join(gateway.folder, 'gateway', 'sessions.json')
  expect(statSync(file).mode & 0o777).toBe(0o600)
  expect(readFileSync(file, 'utf8')).not.toContain(cookie.split('=')[1])
})

test('wrong codes are slowed down, and a right one is let in at any time', async () => {
  const gateway = await startGateway({ server: { monotonic: () => 0 } })
  for (let attempt = 0; attempt < 6; attempt++) expect((await redeem(gateway, 'wrong')).status).toBe(401)
  const slowed = await redeem(gateway, 'wrong')
  expect([slowed.status, slowed.json.code]).toEqual([429, 'rate_limited'])
  expect(Number(slowed.headers['retry-after'])).toBeGreaterThan(0)
  expect((await redeem(gateway)).status).toBe(200)
  expect((await redeem(gateway, 'wrong')).status).toBe(401)
})

test('without agentd nobody signs in', async () => {
  const gateway = await startGateway({ agentd: false })
  expect((await redeem(gateway)).json.code).toBe('agentd_unavailable')
})

test('a session lasts while it is used and ends 30 days after its last use', async () => {
  const file = join(temporaryFolder(), 'sessions.json')
  let now = Date.parse('2026-01-01T00:00:00Z')
  const open = () => PageSessions.load({ file, log: quietLog('gateway'), now: () => now })
  const sessions = await open()
  const { cookie } = await sessions.create(ARRIVAL)
  for (let week = 0; week < 8; week++) {
    now += 7 * DAY
    expect(sessions.use(cookie)).toBeDefined()
  }
  // The use is written down in the background, so a fresh reader shows when it has arrived.
  await until('the use is on disk', async () => (await open()).use(cookie))
  now += 30 * DAY + 1
  expect(sessions.use(cookie)).toBeUndefined()
})

test('at most 64 browsers stay signed in; the longest unused go first', async () => {
  let now = Date.now()
  const file = join(temporaryFolder(), 'sessions.json')
  const sessions = await PageSessions.load({ file, log: quietLog('gateway'), now: () => now })
  const cookies = []
  for (let browser = 0; browser < 65; browser++) {
    now += 1000
    cookies.push((await sessions.create(ARRIVAL)).cookie)
  }
  expect(cookies.map((cookie) => sessions.use(cookie) !== undefined)).toEqual([false, ...Array(64).fill(true)])
})

test('what came in by a key that is removed ends, and nothing else', async () => {
  const file = join(temporaryFolder(), 'sessions.json')
  const sessions = await PageSessions.load({ file, log: quietLog('gateway') })
  const [removed, kept] = [newId('opk'), newId('opk')]
  const cookies = []
  for (const keyId of [removed, kept, null, removed]) {
    cookies.push((await sessions.create({ ...ARRIVAL, keyId })).cookie)
  }
  await sessions.endOfKey(removed)
  expect(cookies.map((cookie) => sessions.use(cookie) !== undefined)).toEqual([false, true, true, false])
})

test('a damaged list signs everyone out and is replaced by the next sign-in', async () => {
  const file = join(temporaryFolder(), 'sessions.json')
  writeFileSync(file, '{"version":1,"sessions":[{')
  const open = () => PageSessions.load({ file, log: quietLog('gateway') })
  const { cookie } = await (await open()).create(ARRIVAL)
  expect((await open()).use(cookie)).toBeDefined()
})
