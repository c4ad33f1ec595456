import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { DestinationRequest } from '@castellan/contracts'
import { describe, expect, test } from 'vitest'
import { airlock, refusal } from '../support/airlock.ts'
import { inside } from '../support/inside.ts'
import { startUpstream } from '../support/upstream.ts'

const hostile = readFileSync(join(import.meta.dirname, 'hostile-urls.txt'), 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'))

const allowed: DestinationRequest[] = [
  { host: 'allowed.test' },
  { host: '*.wide.test' },
  { host: 'part.test', path: '/v1' },
]

describe('hostile addresses', () => {
  test('none of them is let out, connected to, or asked of a name server', async () => {
    expect(hostile.length).toBeGreaterThan(120)
    const lock = await airlock({ zone: { 'evil.test': ['127.0.0.1'], 'wide.test': ['127.0.0.1'] } })
    for (const entry of allowed) await lock.allow(entry)
    const passed: string[] = []
    for (const url of hostile) {
      const { code } = await refusal(lock.fetch(url))
      if (code !== 'egress_denied' && code !== 'invalid_request') passed.push(`${url}: ${code}`)
    }
    expect(passed).toEqual([])
    expect(lock.names.asked).toEqual({})
    expect(lock.ledger.of('egress_request')).toEqual([])
  })

  test('none of them gets through as the base of a tunnel either', async () => {
    const lock = await airlock()
    for (const url of hostile) {
      const host = /^\w+:\/\/([^/?#]*)/.exec(url)?.[1] ?? url
      const { code } = await refusal(lock.tunnel({ hosts: [{ host }], purpose: 'test.tunnel' }))
      expect([host, ['egress_denied', 'invalid_request'].includes(code)]).toEqual([host, true])
    }
  })
})

describe('hostile answers of name servers', () => {
  test.each(inside)('%s is not connected to', async (address) => {
    const lock = await airlock({ zone: { 'lures.test': [address] } })
    await lock.allow({ host: 'lures.test' })
    expect((await refusal(lock.fetch('https://lures.test/', { limits: { connect_ms: 10_000 } }))).code).toBe(
      'egress_denied',
    )
    expect(await lock.ledger.next('egress_ended')).toMatchObject({ ok: false, code: 'egress_denied' })
  })

  test('one address inside condemns a name, wherever it stands in the answer', async () => {
    const zone = {
      'first.test': ['127.0.0.1', '8.8.8.8'],
      'last.test': ['8.8.8.8', '127.0.0.1'],
      'mixed.test': ['8.8.8.8', '::1'],
    }
    const lock = await airlock({ zone })
    for (const host of Object.keys(zone)) {
      await lock.allow({ host })
      expect((await refusal(lock.fetch(`https://${host}/`))).code).toBe('egress_denied')
    }
  })

  test('a name without an address is said to be one', async () => {
    const lock = await airlock({ zone: { 'empty.test': [] } })
    await lock.allow({ host: 'empty.test' })
    await lock.allow({ host: 'unknown.test' })
    for (const host of ['empty.test', 'unknown.test']) {
      expect(await refusal(lock.fetch(`https://${host}/`))).toMatchObject({
        code: 'egress_failed',
        detail: { stage: 'resolve', sent: false },
      })
    }
  })
})

describe('a name whose answer changes', () => {
  test('is asked for once, and only what was vetted is connected to', async () => {
    const inner = await startUpstream(['rebind.test'])
    // The first answer is public and leads nowhere here; a second question would be answered with this machine.
    const zone = { 'rebind.test': (nth: number) => (nth === 0 ? ['192.31.196.1'] : ['127.0.0.1']) }
    const lock = await airlock({ zone })
    await lock.allow({ host: 'rebind.test', port: inner.port, ca: inner.ca })
    const url = `https://rebind.test:${inner.port}/`
    const first = await refusal(lock.fetch(url, { limits: { connect_ms: 2500 } }))
    expect(['egress_timeout', 'egress_failed']).toContain(first.code)
    expect(lock.names.asked).toEqual({ 'A rebind.test': 1, 'AAAA rebind.test': 1 })
    // The next request asks anew and is refused for the new answer.
    expect((await refusal(lock.fetch(url))).code).toBe('egress_denied')
    expect(inner.connections()).toBe(0)
  })

  test('leads elsewhere for an owner’s host neither: its kept connection stays where it was vetted', async () => {
    const upstream = await startUpstream(['own.test'])
    const zone = { 'own.test': (nth: number) => (nth === 0 ? ['127.0.0.1'] : ['169.254.169.254']) }
    const lock = await airlock({ zone })
    await lock.allow({ host: 'own.test', port: upstream.port, reach: 'loopback', ca: upstream.ca })
    const url = `https://own.test:${upstream.port}/`
    for (let turn = 0; turn < 3; turn++) expect((await lock.fetch(url)).text).toBe('hello')
    expect(lock.names.asked['A own.test']).toBe(1)
    expect(upstream.connections()).toBe(1)
  })
})

describe('hosts of the owner', () => {
  test.each([
    ['private', '10.0.0.7', true],
    ['private', '100.64.0.7', true],
    ['private', 'fd00::7', true],
    ['private', '127.0.0.1', false],
    ['private', '169.254.169.254', false],
    ['private', '100.100.100.200', false],
    ['private', 'fd00:ec2::254', false],
    ['private', 'fe80::1', false],
    ['private', '8.8.8.8', false],
    ['private', '::ffff:a00:7', false],
    ['private', '64:ff9b::a00:7', false],
    ['loopback', '127.0.0.1', true],
    ['loopback', '::1', true],
    ['loopback', '10.0.0.7', false],
    ['loopback', '169.254.169.254', false],
    ['loopback', '8.8.8.8', false],
  ] as const)('%s: %s', async (reach, address, admitted) => {
    const lock = await airlock({ zone: { 'nas.test': [address] } })
    await lock.allow({ host: 'nas.test', port: 9, reach })
    const { code } = await refusal(
      lock.fetch('https://nas.test:9/', { limits: { connect_ms: admitted ? 300 : 10_000 } }),
    )
    expect(code === 'egress_denied').toBe(!admitted)
  })

  test('are vouched for by the certificates of their entry and no others', async () => {
    const right = await startUpstream(['nas.test'])
    const wrong = await startUpstream(['nas.test'])
    const lock = await airlock({ zone: { 'nas.test': ['127.0.0.1'], 'other.test': ['127.0.0.1'] } })
    await lock.allow({ host: 'nas.test', port: right.port, reach: 'loopback', ca: right.ca })
    await lock.allow({ host: 'nas.test', port: wrong.port, reach: 'loopback', ca: right.ca })
    await lock.allow({ host: 'other.test', port: right.port, reach: 'loopback', ca: right.ca })
    expect((await lock.fetch(`https://nas.test:${right.port}/`)).text).toBe('hello')
    for (const url of [`https://nas.test:${wrong.port}/`, `https://other.test:${right.port}/`]) {
      expect(await refusal(lock.fetch(url))).toMatchObject({
        code: 'egress_failed',
        detail: { stage: 'tls', sent: false },
      })
    }
    expect([wrong.requests.length, right.requests.length]).toEqual([0, 1])
  })

  test('are not trusted with a certificate that is over, whatever the environment says', async () => {
    const upstream = await startUpstream(['nas.test'], undefined, { daysLeft: -1 })
    const lock = await airlock({ zone: { 'nas.test': ['127.0.0.1'] } })
    await lock.allow({ host: 'nas.test', port: upstream.port, reach: 'loopback', ca: upstream.ca })
    process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'
    try {
      expect((await refusal(lock.fetch(`https://nas.test:${upstream.port}/`))).message).toContain('has expired')
    } finally {
      delete process.env.NODE_TLS_REJECT_UNAUTHORIZED
    }
  })

  test('that do not speak TLS are not spoken to in the clear', async () => {
    const upstream = await startUpstream(['nas.test'], undefined, { plain: true })
    const lock = await airlock({ zone: { 'nas.test': ['127.0.0.1'] } })
    await lock.allow({ host: 'nas.test', port: upstream.port, reach: 'loopback' })
    expect((await refusal(lock.fetch(`https://nas.test:${upstream.port}/`))).message).toContain('does not speak TLS')
    expect(upstream.requests).toEqual([])
  })

  test('are tried at each of their addresses', async () => {
    const upstream = await startUpstream(['nas.test'])
    const lock = await airlock({ zone: { 'nas.test': ['127.0.0.9', '127.0.0.1'] } })
    await lock.allow({ host: 'nas.test', port: upstream.port, reach: 'loopback', ca: upstream.ca })
    expect((await lock.fetch(`https://nas.test:${upstream.port}/`)).text).toBe('hello')
    expect(await lock.ledger.next('egress_ended')).toMatchObject({ address: '127.0.0.1', status: 200 })
  })
})
