import { describe, expect, test } from 'vitest'
import { airlock, refusal } from '../support/airlock.ts'
import { Authority } from '../support/certificates.ts'
import { startUpstream } from '../support/upstream.ts'

/** Two hosts with a common authority; `here` answers what the test says, `there` says hello. */
async function two(answer: (ports: { here: number; there: number }) => { status: number; location: string }) {
  const authority = new Authority()
  const there = await startUpstream(['there.test'], undefined, { authority })
  const here = await startUpstream(
    ['here.test'],
    (request, response) => {
      if (request.url === '/end') return void response.end('the end')
      const { status, location } = answer({ here: here.port, there: there.port })
      response.writeHead(status, { location }).end('moved')
    },
    { authority },
  )
  const zone = { 'here.test': ['127.0.0.1'], 'there.test': ['127.0.0.1'], 'inside.test': ['10.0.0.1'] }
  const lock = await airlock({ zone })
  const common = { reach: 'loopback' as const, ca: authority.cert }
  await lock.allow({ ...common, host: 'here.test', port: here.port })
  await lock.allow({ ...common, host: 'there.test', port: there.port, methods: ['GET', 'POST'], path: '/open' })
  return { lock, here, there, url: `https://here.test:${here.port}/start` }
}

describe('a redirect', () => {
  test('on the same host is followed, and each step is on record', async () => {
    const { lock, url, here } = await two(() => ({ status: 302, location: '/end' }))
    const { head, text } = await lock.fetch(url, { headers: { authorization: 'Bearer k' } })
    expect([head.status, head.redirects, head.url, text]).toEqual([
      200,
      1,
      `https://here.test:${here.port}/end`,
      'the end',
    ])
    expect(here.requests[1]?.headers.authorization).toBe('Bearer k')
    expect(lock.ledger.of('egress_request').map(({ redirect }) => redirect)).toEqual([undefined, 1])
  })

  test('to another allowed host is followed without credentials', async () => {
    const { lock, url, there } = await two((at) => ({ status: 307, location: `https://there.test:${at.there}/open/x` }))
    const headers = {
      authorization: 'Bearer k',
      'x-api-key': 'k',
      'api-key': 'k',
      'x-goog-api-key': 'k',
      accept: 'text/plain',
    }
    const { text } = await lock.fetch(url, { method: 'POST', body: 'aGk=', headers })
    expect(text).toBe('hello')
    expect(there.requests[0]).toMatchObject({ method: 'POST', body: 'hi' })
    expect(JSON.stringify(there.requests[0]?.headers)).not.toMatch(/Bearer|-key/)
    expect(there.requests[0]?.headers.accept).toBe('text/plain')
  })

  test.each([301, 302, 303])('with %d turns a POST into a GET without its body', async (status) => {
    const { lock, url, here } = await two(() => ({ status, location: '/end' }))
    const headers = { 'content-type': 'text/plain' }
    await lock.fetch(url, { method: 'POST', body: 'aGk=', headers })
    expect(here.requests[1]).toMatchObject({ method: 'GET', body: '' })
    expect(here.requests[1]?.headers).not.toHaveProperty('content-type')
  })

  test.each([
    ['a host that is not on the list', () => 'https://evil.test/'],
    ['another port', () => 'https://here.test:1/'],
    ['a path that is not allowed', (at: { there: number }) => `https://there.test:${at.there}/secret`],
    [
      'a path that is not allowed, in disguise',
      (at: { there: number }) => `https://there.test:${at.there}/open/%2e%2e%2fsecret`,
    ],
    ['an address', (at: { there: number }) => `https://127.0.0.1:${at.there}/open`],
    ['the metadata service', () => 'http://169.254.169.254/latest/meta-data/'],
    ['http', (at: { here: number }) => `http://here.test:${at.here}/end`],
    ['a password', (at: { here: number }) => `https://u:p@here.test:${at.here}/end`],
    ['a file', () => 'file:///etc/passwd'],
    ['text', () => 'data:text/plain,hi'],
    ['nonsense', () => 'https://[/'],
  ])('to %s is refused', async (_what, location) => {
    const { lock, url, there, here } = await two((at) => ({ status: 302, location: location(at) }))
    expect((await refusal(lock.fetch(url))).code).toBe('egress_denied')
    expect([here.requests.length, there.requests.length]).toEqual([1, 0])
  })

  test('is vetted like the first address: a name that leads inside is not followed', async () => {
    const { lock, url } = await two(() => ({ status: 302, location: 'https://inside.test/' }))
    await lock.allow({ host: 'inside.test' })
    expect((await refusal(lock.fetch(url))).message).toContain('10.0.0.1 is an address of a private network')
  })

  test('is followed five times and no more', async () => {
    const { lock, url, here } = await two(() => ({ status: 302, location: '/start' }))
    expect((await refusal(lock.fetch(url))).message).toContain('leads on and on')
    expect(here.requests).toHaveLength(6)
    expect((await lock.health()).detail?.under_way).toBe(0)
  })

  test('is given back as it is where that was asked for', async () => {
    const { lock, url } = await two(() => ({ status: 302, location: 'https://evil.test/' }))
    const { head, text } = await lock.fetch(url, { redirect: 'manual' })
    expect([head.status, text]).toEqual([302, 'moved'])
    expect(head.headers).toContainEqual(['location', 'https://evil.test/'])
  })
})
