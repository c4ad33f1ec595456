import { type Destination, DestinationRequest, HostName } from '@castellan/contracts'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { findDestination, findTunnel } from '../../src/destinations/match.ts'
import { isBelow } from '../../src/destinations/path.ts'

function entry(request: DestinationRequest, id = 'dst_aaaaaaaa'): Destination {
  const { port = 443, ...rest } = DestinationRequest.parse(request)
  return { ...rest, port, id, from: 'operator', added_at: '2026-11-21T10:00:00.000Z' }
}

const aim = { scheme: 'https', host: 'api.test', port: 443, method: 'GET', path: '/' } as const

describe('an entry', () => {
  test('for a host admits that host and no other', () => {
    const entries = [entry({ host: 'api.test' })]
    expect(findDestination(entries, aim)).toMatchObject({ destination: { host: 'api.test' } })
    for (const host of ['test', 'x.api.test', 'xapi.test', 'api.test.test', 'api.tes', 'api']) {
      expect(findDestination(entries, { ...aim, host })).toHaveProperty('refusal')
    }
  })

  test('with a star admits every name below and not the name itself', () => {
    const entries = [entry({ host: '*.api.test' })]
    for (const host of ['x.api.test', 'x.y.api.test']) {
      expect(findDestination(entries, { ...aim, host })).toHaveProperty('destination')
    }
    for (const host of ['api.test', 'xapi.test', '.api.test', 'test', 'api.test.evil']) {
      expect(findDestination(entries, { ...aim, host })).toHaveProperty('refusal')
    }
  })

  test('for the very host comes before one with a star', () => {
    const entries = [entry({ host: '*.test' }, 'dst_wwwwwwww'), entry({ host: 'api.test' }, 'dst_eeeeeeee')]
    expect(findDestination(entries, aim)).toMatchObject({ destination: { id: 'dst_eeeeeeee' } })
    expect(findDestination(entries, { ...aim, host: 'b.test' })).toMatchObject({ destination: { id: 'dst_wwwwwwww' } })
  })

  test('holds its scheme, port, methods and path, and the refusal says which of them was not', () => {
    const entries = [entry({ host: 'api.test', port: 8443, methods: ['POST'], path: '/v1' })]
    const asked = { ...aim, port: 8443, method: 'POST', path: '/v1/x' } as const
    expect(findDestination(entries, asked)).toHaveProperty('destination')
    expect(findDestination(entries, { ...asked, host: 'b.test' })).toMatchObject({ refusal: 'it is not on the list' })
    expect(findDestination(entries, { ...asked, port: 443 })).toMatchObject({
      refusal: expect.stringContaining('8443'),
    })
    expect(findDestination(entries, { ...asked, scheme: 'http' })).toMatchObject({
      refusal: expect.stringContaining('https'),
    })
    expect(findDestination(entries, { ...asked, method: 'GET' })).toMatchObject({
      refusal: expect.stringContaining('methods'),
    })
    expect(findDestination(entries, { ...asked, path: '/v2' })).toMatchObject({
      refusal: expect.stringContaining('/v1'),
    })
  })

  test('admits a tunnel only where it limits neither methods nor path', () => {
    for (const limited of [{ methods: ['GET' as const] }, { path: '/v1' }, { scheme: 'http' as const, port: 443 }]) {
      expect(findTunnel([entry({ host: 'api.test', ...limited })], 'api.test', 443)).toHaveProperty('refusal')
    }
    expect(findTunnel([entry({ host: '*.test' })], 'api.test', 443)).toHaveProperty('destination')
    expect(findTunnel([entry({ host: 'api.test' })], 'api.test', 22)).toHaveProperty('refusal')
  })
})

describe('a path', () => {
  test.each(['/v1', '/v1/', '/v1/x', '/v1/x%20y', '/v1/a:b', '/v1//x', '/v1/.well-known', '/v1/..x', '/v1/%C3%A4'])(
    '%s is below /v1',
    (path) => {
      expect(isBelow('/v1', path)).toBe(true)
      expect(isBelow('/v1/', path)).toBe(true)
    },
  )

  test.each([
    '/',
    '/v',
    '/v10',
    '/v2/v1',
    '/V1',
    '//v1',
    '/v1/../x',
    '/v1/..',
    '/v1/./../x',
    '/v1/%2e%2e/x',
    '/v1/%2E./x',
    '/v1/%252e%252e/x',
    '/v1/%2f..',
    '/v1/..%2fx',
    '/v1/a%2fb',
    '/v1/%5c..%5cx',
    '/v1/a\\b',
    '/v1/..;/x',
    '/v1/..;a=b/x',
    '/v1/%25252e./x',
    '/v1/%00',
    '/v1/%0d%0a',
    '/v1/%3fx',
    '/v1/%2525252525252e',
  ])('%s is not', (path) => {
    expect(isBelow('/v1', path)).toBe(false)
  })

  test('no path that a decoding server resolves to another folder is below it', () => {
    const part = fc.constantFrom(
      '..',
      '.',
      'a',
      '%2e%2e',
      '%2e',
      '%252e.',
      '%2f',
      '%5c',
      '/',
      '\\',
      ';',
      '%3b',
      '..;x',
      'v1',
    )
    fc.assert(
      fc.property(fc.array(part, { maxLength: 8 }), (parts) => {
        const { pathname } = new URL(`https://api.test/v1/${parts.join('/')}`)
        if (!isBelow('/v1', pathname)) return
        let seen = pathname
        for (let round = 0; round < 6; round++) {
          expect(new URL(seen.replaceAll('\\', '/'), 'https://api.test').pathname).toMatch(/^\/v1(\/|$)/)
          seen = decodeURIComponent(seen)
        }
      }),
    )
  })
})

describe('the name of a host', () => {
  test.each(['api.test', 'a', 'xn--bcher-kva.example', 'a-b.c', '_srv.test', '1.example', `${'a'.repeat(63)}.test`])(
    '%s',
    (name) => {
      expect(HostName.safeParse(name).success).toBe(true)
    },
  )

  test.each([
    '',
    '.',
    'api.test.',
    '.test',
    'a..b',
    '-a.test',
    'a-.test',
    'API.test',
    'bücher.test',
    '1.2.3.4',
    '127.1',
    '1',
    '0x7f',
    'a.0x1',
    'a.1',
    '::1',
    '[::1]',
    '*',
    '*.test',
    'a b',
    'a/b',
    'a:1',
    'a@b',
    'a%2eb',
    'a\nb',
    `${'a'.repeat(64)}.test`,
    `${'a.'.repeat(127)}a`,
  ])('%j is none', (name) => {
    expect(HostName.safeParse(name).success).toBe(false)
  })

  test.each(['*', '*.', '**.test', '*test', 'a.*.test', '*.*.test', '*.1.2.3.4'])('%j is no pattern', (pattern) => {
    expect(DestinationRequest.safeParse({ host: pattern }).success).toBe(false)
  })
})
