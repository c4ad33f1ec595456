import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder, until } from '@castellan/testing'
import { expect, test } from 'vitest'
import { Passphrase } from '../../src/sign-in/passphrase.ts'
import { makeToken, request } from '../support/api.ts'
import { type Answer, startGateway, type TestGateway } from '../support/gateway.ts'
import { signIn } from '../support/sign-in.ts'

const RIGHT = 'correct horse battery staple'
const SETTING = '/api/v1/sign-in-passphrase'

test('a passphrase signs a browser in, and only its hash is kept', async () => {
  const gateway = await startGateway()
  expect((await attempt(gateway, RIGHT)).status).toBe(401)
  expect((await set(gateway, { passphrase: RIGHT })).status).toBe(204)
  const answer = await attempt(gateway, RIGHT)
  expect(answer.json).toEqual({ signed_in: true, key_id: null })
  const file = join(gateway.folder, 'gateway', 'passphrase.json')
  expect(statSync(file).mode & 0o777).toBe(0o600)
  expect(readFileSync(file, 'utf8')).not.toContain('horse')
  expect(gateway.records.entries).toMatchObject([
    { type: 'page_sign_in', ok: false },
    { type: 'sign_in_method_changed', change: 'added', by: 'owner' },
    { type: 'page_sign_in', how: 'passphrase', ok: true },
  ])
  expect(JSON.stringify(gateway.records.entries)).not.toContain('horse')
  const { json } = await request(gateway, '/api/v1/sign-ins')
  expect(json).toMatchObject({
    passphrase_set: true,
    items: [{ how: 'passphrase', address: '127.0.0.1', current: false }],
  })
})

test('guessing is slowed down, without keeping a browser out that was signed in before', async () => {
  const gateway = await startGateway({ server: { monotonic: () => 0 } })
  await set(gateway, { passphrase: RIGHT })
  const known = await attempt(gateway, RIGHT)
  const device = known.headers['set-cookie']?.[1]?.split(';', 1)[0] ?? ''
  expect(device).toMatch(/^castellan_device_/)
  for (let guess = 0; guess < 6; guess++) expect((await attempt(gateway, 'wrong')).status).toBe(401)
  const locked = await attempt(gateway, RIGHT)
  expect([locked.status, locked.json.code]).toEqual([429, 'rate_limited'])
  expect(Number(locked.headers['retry-after'])).toBeGreaterThan(0)
  expect((await attempt(gateway, RIGHT, { cookie: device })).status).toBe(200)
  expect((await attempt(gateway, RIGHT, { cookie: `${device}x` })).status).toBe(429)
})

test('a sign-in that cannot be recorded does not happen', async () => {
  const gateway = await startGateway()
  await set(gateway, { passphrase: RIGHT })
  gateway.records.broken = true
  expect((await attempt(gateway, RIGHT)).json.code).toBe('ledger_unavailable')
})

test('a page has to name the passphrase that it replaces, the owner’s token has not, and a token may not', async () => {
  const gateway = await startGateway()
  const page = await signIn(gateway)
  const other = 'another passphrase of mine'
  const asPage = (body: object) => {
    const headers = { ...page, 'content-type': 'application/json' }
    return gateway.ask(SETTING, { method: 'PUT', headers, body: JSON.stringify(body) })
  }
  expect((await asPage({ passphrase: RIGHT })).status).toBe(204)
  expect((await asPage({ passphrase: other })).json.code).toBe('sign_in_failed')
  expect((await asPage({ passphrase: other, current: 'not this, surely' })).json.code).toBe('sign_in_failed')
  const removing = await gateway.ask(SETTING, { method: 'DELETE', headers: page })
  expect(removing.json.code).toBe('forbidden')
  expect((await asPage({ passphrase: other, current: RIGHT })).status).toBe(204)
  const { secret } = await makeToken(gateway, { scopes: ['admin'] })
  const asToken = await request(gateway, SETTING, { method: 'PUT', body: { passphrase: RIGHT }, token: secret })
  expect(asToken.json.code).toBe('forbidden')
  expect((await set(gateway, { passphrase: RIGHT })).status).toBe(204)
  expect((await set(gateway, { passphrase: 'too short' })).json.code).toBe('invalid_request')
})

test('a page that guesses the passphrase in force has to wait like anybody else, also with the right one', async () => {
  const gateway = await startGateway({ server: { monotonic: () => 0 } })
  const page = await signIn(gateway)
  await set(gateway, { passphrase: RIGHT })
  const guess = (current: string) => {
    const headers = { ...page, 'content-type': 'application/json' }
    const body = JSON.stringify({ passphrase: 'another passphrase of mine', current })
    return gateway.ask(SETTING, { method: 'PUT', headers, body })
  }
  for (let wrong = 0; wrong < 6; wrong++) expect((await guess('not this, surely')).json.code).toBe('sign_in_failed')
  expect((await guess(RIGHT)).json.code).toBe('rate_limited')
})

test('whoever came in by a passphrase leaves with it, and their socket closes', async () => {
  const gateway = await startGateway()
  await set(gateway, { passphrase: RIGHT })
  const { headers } = await attempt(gateway, RIGHT)
  const cookie = headers['set-cookie']?.[0]?.split(';', 1)[0] ?? ''
  const socket = await gateway.connect({ headers: { cookie, origin: gateway.url } })
  expect((await request(gateway, SETTING, { method: 'DELETE' })).status).toBe(204)
  await until('the socket is closed', () => socket.closed)
  expect((await attempt(gateway, RIGHT)).status).toBe(401)
  expect((await request(gateway, SETTING, { method: 'DELETE' })).json.code).toBe('not_found')
})

test('a browser is signed out from elsewhere, before its next frame', async () => {
  const gateway = await startGateway()
  const page = await signIn(gateway)
  const socket = await gateway.connect({ headers: page })
  const { json } = await request(gateway, '/api/v1/sign-ins')
  const [{ sign_in_id }] = json.items as [{ sign_in_id: string }]
  expect((await request(gateway, `/api/v1/sign-ins/${sign_in_id}`, { method: 'DELETE' })).status).toBe(204)
  await until('the socket is closed', () => socket.closed)
  expect((await gateway.ask('/session', { headers: page })).json).toMatchObject({ signed_in: false })
  expect((await request(gateway, `/api/v1/sign-ins/${sign_in_id}`, { method: 'DELETE' })).json.code).toBe('not_found')
})

test('it is the same passphrase however it was typed, and after a restart', async () => {
  const file = join(temporaryFolder(), 'passphrase.json')
  const key = Buffer.alloc(32, 1)
  const passphrase = await Passphrase.open(file, key)
  await passphrase.set('Grüße aus dem Süden')
  const again = await Passphrase.open(file, key)
  expect(await again.matches('Gru\u0308ße aus dem Su\u0308den')).toBe(true)
  expect(await again.matches('Gruße aus dem Suden')).toBe(false)
  expect(await (await Passphrase.open(file, Buffer.alloc(32, 2))).matches('Grüße aus dem Süden')).toBe(false)
  const busy = Promise.allSettled(Array.from({ length: 6 }, () => again.matches('x')))
  const refused = (await busy).filter((check) => check.status === 'rejected')
  expect(refused).toHaveLength(2)
  expect(refused[0]?.reason).toMatchObject({ code: 'busy' })
  for (const content of ['', '{}', '{"version":2}']) {
    writeFileSync(file, content)
    await expect(Passphrase.open(file, key)).rejects.toMatchObject({ code: 'config_invalid' })
  }
})

function set(gateway: TestGateway, body: object): Promise<Answer> {
  return request(gateway, SETTING, { method: 'PUT', body })
}

function attempt(gateway: TestGateway, passphrase: string, headers: Record<string, string> = {}): Promise<Answer> {
  const page = { origin: gateway.url, ...headers }
  return request(gateway, '/sign-in', { body: { passphrase }, token: null, headers: page })
}
