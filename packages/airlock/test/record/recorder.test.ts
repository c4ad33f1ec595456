import { until } from '@castellan/testing'
import { expect, test } from 'vitest'
import { airlock, refusal } from '../support/airlock.ts'
import { startUpstream } from '../support/upstream.ts'

const zone = { 'api.test': ['127.0.0.1'] }

test('a request is on record before a name server is asked, and how it ended afterwards, without paths, queries and secrets', async () => {
  const upstream = await startUpstream(['api.test'])
  const lock = await airlock({ zone })
  const entry = await lock.allow({ host: 'api.test', port: upstream.port, ca: upstream.ca, reach: 'loopback' })
  const before: unknown[] = []
  lock.ledger.onRecord = (record) => {
    if (record.type === 'egress_request') before.push([{ ...lock.names.asked }, upstream.connections()])
  }
  await lock.fetch(`https://api.test:${upstream.port}/planted-path?planted-query`, {
    method: 'POST',
    headers: { authorization: 'Bearer planted-secret' },
    body: Buffer.from('planted-body').toString('base64'),
  })
  expect(before).toEqual([[{}, 0]])
  const asked = await lock.ledger.next('egress_request')
  expect(asked).toEqual({
    index: asked.index,
    type: 'egress_request',
    purpose: 'test.fetch',
    destination: entry.id,
    method: 'POST',
    scheme: 'https',
    host: 'api.test',
    port: upstream.port,
    bytes: 12,
  })
  expect(await lock.ledger.next('egress_ended')).toMatchObject({
    target: asked.index,
    ok: true,
    status: 200,
    bytes: 5,
    address: '127.0.0.1',
  })
  expect(JSON.stringify(lock.ledger.entries)).not.toContain('planted')
})

test('nothing leaves that cannot be recorded', async () => {
  const upstream = await startUpstream(['api.test'])
  const lock = await airlock({ zone })
  await lock.allow({ host: 'api.test', port: upstream.port, ca: upstream.ca, reach: 'loopback' })
  lock.ledger.failing = true
  const url = `https://api.test:${upstream.port}/`
  expect(await refusal(lock.fetch(url))).toMatchObject({
    code: 'egress_unrecorded',
    message: expect.stringContaining('disk full'),
  })
  expect(
    (await refusal(lock.tunnel({ hosts: [{ host: 'api.test', port: upstream.port }], purpose: 'test.x' }))).code,
  ).toBe('egress_unrecorded')
  expect([lock.names.asked, upstream.connections()]).toEqual([{}, 0])
  lock.ledger.failing = false
  expect((await lock.fetch(url)).text).toBe('hello')
})

test('what the configuration allows is on record before anything leaves by it, also where that takes a second try', async () => {
  const upstream = await startUpstream(['api.test'])
  const { port, ca } = upstream
  const allow = [
    { host: 'api.test', port, ca, scheme: 'https' as const, path: '/', reach: 'loopback' as const, per_minute: 600 },
  ]
  const lock = await airlock({ zone, config: { allow } })
  const url = `https://api.test:${port}/`
  lock.ledger.failing = true
  expect((await refusal(lock.fetch(url))).code).toBe('egress_unrecorded')
  lock.ledger.failing = false
  await lock.fetch(url)
  await lock.fetch(url)
  expect(lock.ledger.types().filter((type) => type !== 'egress_ended')).toEqual([
    'egress_allowed',
    'egress_request',
    'egress_request',
  ])
  expect(lock.ledger.of('egress_allowed')).toMatchObject([{ from: 'configuration', host: 'api.test' }])
})

test('what is shut while it is recorded asks no name server, and has its end on record', async () => {
  const upstream = await startUpstream(['api.test'])
  const lock = await airlock({ zone })
  await lock.allow({ host: 'api.test', port: upstream.port, ca: upstream.ca, reach: 'loopback' })
  lock.ledger.onRecord = async ({ type }) => {
    if (type === 'egress_request') await lock.turn({ off: true, reason: 'x' })
  }
  expect((await refusal(lock.fetch(`https://api.test:${upstream.port}/`))).code).toBe('egress_off')
  expect([lock.names.asked, upstream.connections()]).toEqual([{}, 0])
  const [asked] = lock.ledger.of('egress_request')
  expect(await lock.ledger.next('egress_ended')).toMatchObject({ target: asked?.index, ok: false, code: 'egress_off' })
})

test('refusals do not fill the ledger', async () => {
  const lock = await airlock({ zone })
  const refused = await Promise.all(Array.from({ length: 200 }, () => refusal(lock.fetch('https://evil.test/'))))
  expect(new Set(refused.map(({ code }) => code))).toEqual(new Set(['egress_denied']))
  await until('they are recorded', () => lock.ledger.of('egress_refused').length >= 60)
  await lock.stop()
  // Two minutes may meet in the middle of this.
  expect(lock.ledger.of('egress_refused').length).toBeLessThanOrEqual(120)
})

test('an entry that is asked too often says when there is room', async () => {
  const upstream = await startUpstream(['api.test'])
  const lock = await airlock({ zone })
  await lock.allow({ host: 'api.test', port: upstream.port, ca: upstream.ca, reach: 'loopback', per_minute: 2 })
  const url = `https://api.test:${upstream.port}/`
  await lock.fetch(url)
  await lock.fetch(url)
  expect(await refusal(lock.fetch(url))).toMatchObject({ code: 'rate_limited', retryAfterSeconds: expect.any(Number) })
  expect(upstream.requests).toHaveLength(2)
})
