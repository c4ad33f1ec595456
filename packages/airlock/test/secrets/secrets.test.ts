import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type EgressRequest, SecretChange, SecretListing, type SecretRequest } from '@castellan/contracts'
import { describe, expect, test } from 'vitest'
import { EchoFilter } from '../../src/secrets/echo.ts'
import { airlock, refusal } from '../support/airlock.ts'
import { startUpstream } from '../support/upstream.ts'

const value = 'Zq7-wK2p.R9sT4vX8yB1dF6'
const zone = { 'api.test': ['127.0.0.1'], 'other.test': ['127.0.0.1'] }

async function granted(handler?: Parameters<typeof startUpstream>[1], grant: Partial<SecretRequest> = {}) {
  const upstream = await startUpstream(['api.test', 'other.test'], handler)
  const lock = await airlock({ zone })
  const { port, ca } = upstream
  for (const host of ['api.test', 'other.test']) await lock.allow({ host, port, ca, reach: 'loopback' })
  const add = (body: Partial<SecretRequest>) =>
    lock.operator.request('POST', '/v1/secrets', {
      body: { name: 'issues', host: 'api.test', port, path: '/v1', value, ...body },
      schema: SecretChange,
    })
  await add(grant)
  const fetch = (path: string, request: Omit<EgressRequest, 'purpose' | 'url'> = {}) =>
    lock.fetch(`https://api.test:${port}${path}`, { headers: { authorization: '{{secret:issues}}' }, ...request })
  return { upstream, lock, fetch, add, port }
}

describe('a secret that the owner granted', () => {
  test('is put in for its host, path and header, unseen, and its use is on record without its value', async () => {
    const { upstream, lock, fetch } = await granted()
    expect((await fetch('/v1/issues')).text).toBe('hello')
    expect(upstream.requests[0]?.headers.authorization).toBe(`Bearer ${value}`)
    expect(lock.ledger.of('egress_request')[0]).toMatchObject({ secrets: 'issues' })
    const { secrets } = await lock.operator.request('GET', '/v1/secrets', { schema: SecretListing })
    expect(secrets).toMatchObject([{ name: 'issues', host: 'api.test', path: '/v1', header: 'authorization' }])
    const files = ['secrets.json', 'marks.json'].map((name) => readFileSync(join(lock.folder, 'airlock', name), 'utf8'))
    expect(
      JSON.stringify([lock.ledger.entries, secrets, files, readFileSync(join(lock.folder, 'log'), 'utf8')]),
    ).not.toContain(value)
  })

  test('goes into a header that is not on the airlock’s list, where it is granted for that', async () => {
    const { upstream, fetch } = await granted(undefined, { header: 'private-token', format: '{}' })
    await fetch('/v1', { headers: { 'Private-Token': '{{secret:issues}}' } })
    expect(upstream.requests[0]?.headers['private-token']).toBe(value)
  })

  test.each([
    ['another path', '/v2/issues', {}],
    ['a path that only begins alike', '/v10', {}],
    ['a path with hidden steps', '/v1/%2e%2e%2fadmin', {}],
    ['another method', '/v1', { method: 'POST' as const }],
    ['another header', '/v1', { headers: { 'x-api-key': '{{secret:issues}}' } }],
    ['another name', '/v1', { headers: { authorization: '{{secret:nothing}}' } }],
  ])('does not go to %s', async (_what, path, request) => {
    const { upstream, lock, fetch } = await granted(undefined, { methods: ['GET'] })
    expect((await refusal(fetch(path, request))).code).toBe('egress_denied')
    expect(await lock.ledger.next('egress_refused')).toMatchObject({ found: 'secret_not_granted' })
    expect(upstream.requests).toEqual([])
  })

  test('does not go to another host, whatever redirects there', async () => {
    const { upstream, lock, fetch, port } = await granted((request, response) => {
      if (request.url === '/v1/away') response.writeHead(307, { location: `https://other.test:${port}/v1/x` })
      if (request.url === '/v1/inside') response.writeHead(302, { location: '/v1/next' })
      if (request.url === '/v1/outside') response.writeHead(302, { location: '/admin' })
      response.end('hello')
    })
    const other = lock.fetch(`https://other.test:${port}/v1`, { headers: { authorization: '{{secret:issues}}' } })
    expect((await refusal(other)).code).toBe('egress_denied')
    expect((await fetch('/v1/away')).text).toBe('hello')
    expect((await fetch('/v1/inside')).text).toBe('hello')
    expect((await refusal(fetch('/v1/outside'))).code).toBe('egress_denied')
    const seen = upstream.requests.map(({ url, headers }) => [url, headers.authorization === `Bearer ${value}`])
    expect(seen).toEqual([
      ['/v1/away', true],
      ['/v1/x', false],
      ['/v1/inside', true],
      ['/v1/next', true],
      ['/v1/outside', true],
    ])
  })

  test('is taken out of an answer that gives it back, in every form and across pieces', async () => {
    const forms = [
      value,
      Buffer.from(`x${value}y`).toString('base64'),
      encodeURIComponent(value),
      Buffer.from(value).toString('hex'),
    ]
    const { fetch } = await granted((_request, response) => {
      response.setHeader('etag', `"${value}"`)
      const text = forms.join(' | ')
      for (let at = 0; at < text.length; at += 7) response.write(text.slice(at, at + 7))
      response.end(' the end')
    })
    const { head, text, end } = await fetch('/v1')
    expect(text).not.toContain(value)
    expect(text).not.toContain(Buffer.from(value).toString('base64').slice(4, 20))
    expect(text).not.toContain(Buffer.from(value).toString('hex').slice(0, 20))
    expect(text.endsWith(' the end')).toBe(true)
    expect(text.length).toBe(end.bytes)
    expect(JSON.stringify(head)).not.toContain(value)
  })

  test('is recognised wherever else it would leave', async () => {
    const { lock, port } = await granted()
    const url = `https://other.test:${port}/?q=${Buffer.from(`the value is ${value}`).toString('hex')}`
    expect((await refusal(lock.fetch(url))).code).toBe('egress_leak')
  })

  test('is there after a restart, and not without its key', async () => {
    const { lock } = await granted()
    await lock.stop()
    const again = await airlock({ folder: lock.folder, ledger: lock.ledger, zone })
    expect((await again.operator.request('GET', '/v1/secrets', { schema: SecretListing })).secrets).toHaveLength(1)
    await again.stop()
    rmSync(join(lock.folder, 'airlock', 'secrets.key'))
    const without = airlock({ folder: lock.folder, ledger: lock.ledger, zone })
    expect((await refusal(without)).code).toBe('state_key_missing')
  })

  test('opens nowhere else when its grant is changed on disk', async () => {
    const { lock } = await granted()
    await lock.stop()
    const file = join(lock.folder, 'airlock', 'secrets.json')
    writeFileSync(file, readFileSync(file, 'utf8').replace('"api.test"', '"other.test"'))
    expect((await refusal(airlock({ folder: lock.folder, ledger: lock.ledger, zone }))).code).toBe('state_key_foreign')
  })

  test('is not kept where that cannot be recorded, and is gone when it is removed', async () => {
    const { lock, add, fetch } = await granted()
    lock.ledger.failing = true
    expect((await refusal(add({ name: 'second' }))).code).toBe('egress_unrecorded')
    lock.ledger.failing = false
    await lock.operator.request('DELETE', '/v1/secrets/issues', { schema: SecretChange })
    expect((await refusal(fetch('/v1'))).code).toBe('egress_denied')
    expect((await lock.operator.request('GET', '/v1/secrets', { schema: SecretListing })).secrets).toEqual([])
  })

  test('is named by a whole header or not at all', async () => {
    const { fetch, lock, port } = await granted()
    expect((await refusal(fetch('/v1', { headers: { authorization: 'Bearer {{secret:issues}}' } }))).code).toBe(
      'invalid_request',
    )
    const inQuery = await lock.fetch(`https://api.test:${port}/v1?q={{secret:issues}}`)
    expect(inQuery.text).toBe('hello')
  })

  test('cannot be asked for by the gateway’s socket', async () => {
    const { lock } = await granted()
    expect((await refusal(lock.gateway.request('GET', '/v1/secrets', { schema: SecretListing }))).code).toBe(
      'not_found',
    )
  })
})

describe('the filter of echoes', () => {
  test('changes nothing else, however a text is cut into pieces', () => {
    const text = Buffer.from(`ab${value.slice(0, 5)}x${value}${value} ${value.slice(0, -1)} end ${value.slice(0, 3)}`)
    const wanted = text.toString().replaceAll(value, '*'.repeat(value.length))
    for (let size = 1; size <= text.length; size++) {
      const filter = new EchoFilter([value])
      const out: Buffer[] = []
      for (let at = 0; at < text.length; at += size) out.push(Buffer.from(filter.push(text.subarray(at, at + size))))
      out.push(filter.flush())
      expect(Buffer.concat(out).toString()).toBe(wanted)
    }
  })
})
