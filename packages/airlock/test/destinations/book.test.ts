import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { until } from '@castellan/testing'
import { describe, expect, test } from 'vitest'
import { airlock, refusal } from '../support/airlock.ts'
import { Authority } from '../support/certificates.ts'
import { startUpstream } from '../support/upstream.ts'

const zone = { 'api.test': ['127.0.0.1'] }

describe('without a word of the operator', () => {
  test('nothing is on the list, and nothing leaves', async () => {
    const lock = await airlock({ zone })
    expect(await lock.listing()).toEqual({ latch: { off: false }, destinations: [] })
    expect(await refusal(lock.fetch('https://api.test/'))).toMatchObject({
      code: 'egress_denied',
      message: expect.stringContaining('agentctl airlock allow api.test'),
    })
    await lock.ledger.next('egress_refused')
    expect(lock.ledger.of('egress_refused')).toEqual([
      {
        index: 0,
        type: 'egress_refused',
        purpose: 'test.fetch',
        method: 'GET',
        host: 'api.test',
        ok: false,
        code: 'egress_denied',
      },
    ])
  })

  test('the gateway’s socket changes nothing', async () => {
    const lock = await airlock({ zone })
    const body = JSON.stringify({ host: 'api.test' })
    for (const [method, path] of [
      ['POST', '/v1/destinations'],
      ['DELETE', '/v1/destinations/dst_x'],
      ['POST', '/v1/latch'],
    ] as const) {
      const { code } = await refusal(lock.gateway.request(method, path, { schema: undefined as never, body }))
      expect(['not_found', 'method_not_allowed']).toContain(code)
    }
    expect(statSync(lock.config.airlockOperatorSocket).mode & 0o777).toBe(0o600)
  })
})

describe('allowing', () => {
  test('is on record before it counts, and on disk when it is answered', async () => {
    const lock = await airlock({ zone })
    const seen: unknown[] = []
    lock.ledger.onRecord = async () => void seen.push((await lock.listing()).destinations.length)
    const entry = await lock.allow({ host: 'api.test', methods: ['GET'], path: '/v1', note: 'models' })
    expect(seen).toEqual([0])
    expect(lock.ledger.of('egress_allowed')).toMatchObject([
      { destination: entry.id, host: 'api.test', scheme: 'https', port: 443, reach: 'public', from: 'operator' },
    ])
    const file = join(lock.folder, 'airlock', 'destinations.json')
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ version: 1, destinations: [entry] })
    expect([statSync(file).mode & 0o777, statSync(join(lock.folder, 'airlock')).mode & 0o777]).toEqual([0o600, 0o700])
  })

  test('does not happen where it cannot be recorded', async () => {
    const lock = await airlock({ zone })
    lock.ledger.failing = true
    expect((await refusal(lock.allow({ host: 'api.test' }))).code).toBe('egress_unrecorded')
    expect((await lock.listing()).destinations).toEqual([])
    expect(readdirSync(join(lock.folder, 'airlock'))).toEqual(['marks.json'])
  })

  test('the same twice is refused, and so are certificates that are none', async () => {
    const lock = await airlock({ zone })
    await lock.allow({ host: 'api.test', methods: ['GET', 'POST'] })
    expect((await refusal(lock.allow({ host: 'api.test', methods: ['POST', 'GET'] }))).code).toBe('conflict')
    await lock.allow({ host: 'api.test', methods: ['GET'] })
    const { key, cert } = new Authority().issue(['api.test'])
    for (const ca of ['x', '', key, `${cert}${key}`, cert.replace(/[A-Z]{4}/, 'AAAA').slice(0, 300)]) {
      expect((await refusal(lock.allow({ host: 'b.test', ca }))).code).toBe('invalid_arguments')
    }
  })

  test.each([
    { host: '127.0.0.1' },
    { host: '*' },
    { host: 'a.test', path: 'v1' },
    { host: 'a.test', path: '/v1/../x' },
    { host: 'a.test', path: '/v1%2f' },
    { host: 'a.test', port: 0 },
    { host: 'a.test', scheme: 'http' as const, ca: 'x' },
    { host: 'a.test', methods: [] },
    { host: 'a.test', odd: true } as never,
  ])('%j is refused', async (request) => {
    const lock = await airlock()
    expect((await refusal(lock.allow(request))).code).toBe('invalid_request')
  })
})

describe('taking away', () => {
  test('ends what is under way by that entry, and nothing else', async () => {
    const upstream = await startUpstream(['api.test'], (_request, response) => void response.write('begun'))
    const lock = await airlock({ zone: { 'api.test': ['127.0.0.1'], 'b.test': ['127.0.0.1'] } })
    const { port, ca } = upstream
    const common = { host: 'api.test', port, ca, reach: 'loopback' as const }
    const one = await lock.allow({ ...common, path: '/one' })
    await lock.allow({ ...common, path: '/two' })
    const struck = lock.fetch(`https://api.test:${port}/one`)
    const stays = new AbortController()
    const other = await lock.open({ url: `https://api.test:${port}/two` }, stays.signal)
    await until('both are under way', () => upstream.requests.length === 2)
    await lock.remove(one.id)
    expect((await struck).end).toMatchObject({ state: 'failed', code: 'egress_denied' })
    expect((await lock.health()).detail?.under_way).toBe(1)
    stays.abort()
    expect((await refusal(lock.fetch(`https://api.test:${port}/one`))).code).toBe('egress_denied')
    expect(lock.ledger.of('egress_disallowed')).toMatchObject([{ destination: one.id }])
    void other
  })

  test('of what is not there is told, and of the configuration’s refused', async () => {
    const lock = await airlock({
      config: { allow: [{ host: 'api.test', scheme: 'https', path: '/', reach: 'public', per_minute: 600 }] },
    })
    expect((await refusal(lock.remove('dst_aaaaaaaa'))).code).toBe('not_found')
    const [entry] = (await lock.listing()).destinations
    expect(entry).toMatchObject({ host: 'api.test', from: 'configuration', port: 443 })
    expect((await refusal(lock.remove(entry?.id ?? ''))).code).toBe('conflict')
  })
})

describe('the latch', () => {
  test('shuts everything at once, stays over a restart, and only the operator opens it', async () => {
    const upstream = await startUpstream(['api.test'], (_request, response) => void response.write('begun'))
    const lock = await airlock({ zone })
    await lock.allow({ host: 'api.test', port: upstream.port, ca: upstream.ca, reach: 'loopback' })
    const url = `https://api.test:${upstream.port}/`
    const running = lock.fetch(url)
    await until('it is under way', () => upstream.requests.length === 1)
    expect(await lock.turn({ off: true, reason: 'odd traffic' })).toMatchObject({
      latch: { off: true, reason: 'odd traffic' },
      index: expect.any(Number),
    })
    expect((await running).end).toMatchObject({ state: 'failed', code: 'egress_off' })
    await until('the connection is closed', () => upstream.open() === 0)
    await lock.stop()

    const again = await airlock({ zone, folder: lock.folder, ledger: lock.ledger })
    expect(await refusal(again.fetch(url))).toMatchObject({
      code: 'egress_off',
      message: expect.stringContaining('odd traffic'),
    })
    expect((await again.health()).detail).toMatchObject({ off: true, destinations: 1 })
    await again.turn({ off: false })
    upstream.server.removeAllListeners('request')
    upstream.server.on('request', (_request, response) => response.end('hello'))
    expect((await again.fetch(url)).text).toBe('hello')
    expect(again.ledger.types().filter((type) => /shut|opened/.test(type))).toEqual(['egress_shut', 'egress_opened'])
  })

  test('shuts also where that cannot be recorded, and does not open then', async () => {
    const lock = await airlock({ zone })
    lock.ledger.failing = true
    expect(await lock.turn({ off: true, reason: 'x' })).toMatchObject({
      latch: { off: true },
      index: null,
      message: expect.stringContaining('disk full'),
    })
    expect((await refusal(lock.turn({ off: false }))).code).toBe('egress_unrecorded')
    expect((await lock.listing()).latch.off).toBe(true)
  })
})

describe('files that were damaged', () => {
  test.each([
    ['destinations.json', '{'],
    ['destinations.json', '{"version":1,"destinations":[{"host":"evil.test"}]}'],
    ['destinations.json', '{"version":2,"destinations":[]}'],
    ['destinations.json', ''],
    ['latch.json', '{"version":1}'],
    ['latch.json', ''],
  ])('%s: %j lets nothing out, and says so', async (name, text) => {
    const first = await airlock({ zone })
    await first.allow({ host: 'api.test' })
    await first.stop()
    writeFileSync(join(first.folder, 'airlock', name), text)
    const lock = await airlock({ zone, folder: first.folder, ledger: first.ledger })
    expect(await lock.health()).toMatchObject({ state: 'degraded', detail: { damage: expect.stringContaining(name) } })
    expect(await refusal(lock.fetch('https://api.test/'))).toMatchObject({
      code: 'egress_denied',
      message: expect.stringContaining(name),
    })
    expect((await refusal(lock.allow({ host: 'b.test' }))).code).toBe('conflict')
    expect(readFileSync(join(first.folder, 'airlock', name), 'utf8')).toBe(text)
  })
})
