import { SearchAnswer } from '@castellan/contracts'
import { describe, expect, test } from 'vitest'
import { airlock, refusal } from '../support/airlock.ts'
import { searching } from '../support/searx.ts'

describe('a question', () => {
  test('goes to the SearXNG of the configuration, and its answer comes back as plain words', async () => {
    const { ask, upstream, lock } = await searching()
    const answer = await ask({ query: 'castellan keys', count: 5, language: 'en', since: 'month' })
    expect(answer).toMatchObject({ query: 'castellan keys', scrubbed: [], via: 'direct' })
    expect(answer.results).toEqual([
      { title: 'Castellan & keys', url: 'https://example.org/keys', snippet: 'Keeps the keys .' },
      { title: '', url: 'http://example.net/', snippet: '' },
    ])
    expect(upstream.requests[0]?.url).toBe('/search?q=castellan+keys&format=json&language=en&time_range=month')
    expect(upstream.requests[0]?.headers).not.toHaveProperty('cookie')
    const [record] = lock.ledger.of('egress_request')
    expect(record).toMatchObject({ purpose: 'tool.search_web', host: 'searx.test' })
    expect(JSON.stringify(lock.ledger.entries)).not.toContain('castellan keys')
  })

  test.each([
    ['nginx reload ada@example.org', 'nginx reload', 'email'],
    [
      `error for key ${['gh', 'p_'].join('')}x9Kq2LmW7vRtB4nYc8ZdF1sHj6PgA3eUoQ5i in ci`,
      'error for key in ci',
      'github_token',
    ],
    ['is 4012 8888 8888 1881 a test card', 'is a test card', 'payment_card'],
    ['wer ruft an +49 30 901820 berlin', 'wer ruft an berlin', 'phone'],
    ['konto DE89 3704 0044 0532 0130 00 prüfen', 'konto prüfen', 'iban'],
  ])('is scrubbed before it leaves: %s', async (query, left, kind) => {
    const { ask, upstream } = await searching()
    const answer = await ask({ query })
    expect([answer.query, answer.scrubbed]).toEqual([left, expect.arrayContaining([kind])])
    expect(new URL(upstream.requests[0]?.url ?? '', 'https://x').searchParams.get('q')).toBe(left)
  })

  test('of which nothing is left does not leave', async () => {
    const { ask, upstream } = await searching()
    expect((await refusal(ask({ query: '4012 8888 8888 1881' }))).code).toBe('egress_leak')
    const encoded = Buffer.from('my password: hunter2!secret').toString('base64')
    expect((await refusal(ask({ query: encoded }))).code).toBe('egress_leak')
    expect(upstream.requests).toEqual([])
  })

  test('is refused where no search engine is configured, or its host is not let out, or the airlock is shut', async () => {
    const bare = await airlock()
    const { agentd } = await searching()
    expect((await refusal(bare.gateway.request('POST', '/v1/search', { body: {}, schema: SearchAnswer }))).code).toBe(
      'not_found',
    )
    const { ask } = await searching({ allowed: false })
    expect((await refusal(ask({ query: 'x' }))).code).toBe('egress_denied')
    const shut = await searching()
    await shut.lock.turn({ off: true, reason: 'test' })
    expect((await refusal(shut.ask({ query: 'x' }))).code).toBe('egress_off')
    expect(
      (await refusal(agentd.request('POST', '/v1/search', { body: { query: '' }, schema: SearchAnswer }))).code,
    ).toBe('invalid_request')
  })

  test.each([
    ['is no JSON', 200, '<html>', 'no SearXNG that gives JSON'],
    ['has another form', 200, '{"results":[{"title":"x"}]}', 'no SearXNG that gives JSON'],
    ['refuses the format', 403, 'Forbidden', 'search.formats'],
    ['asks to wait', 429, '', 'this many questions'],
    ['leads elsewhere', 302, '', 'answers 302'],
    ['broke', 500, '', 'answers 500'],
    ['is too long', 200, `{"results":[],"x":"${'y'.repeat(5_000_000)}"}`, 'too long'],
  ])('whose answer %s is told so', async (_what, status, body, words) => {
    const { ask } = await searching({
      handler: (_request, response) => void response.writeHead(status, { location: 'https://evil.test/' }).end(body),
    })
    expect(await refusal(ask({ query: 'x' }))).toMatchObject({
      code: 'search_failed',
      message: expect.stringContaining(words),
    })
  })
})
