import { randomBytes } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import {
  CanaryChange,
  CanaryListing,
  EgressLeak,
  EgressQuestionListing,
  EgressReleased,
  type InspectionPolicy,
  MarkKey,
  MarksTaken,
} from '@castellan/contracts'
import { marksOf } from '@castellan/daemon'
import { describe, expect, test } from 'vitest'
import { airlock, type Options, refusal } from '../support/airlock.ts'
import { startUpstream } from '../support/upstream.ts'

const key = ['gh', 'p_', 'x9Kq2LmW7vRtB4nYc8ZdF1sHj6PgA3eUoQ5i'].join('')
const card = '4012 8888 8888 1881'

async function reachable(inspect?: InspectionPolicy, options: Options = {}) {
  const upstream = await startUpstream(['api.test'])
  const lock = await airlock({ zone: { 'api.test': ['127.0.0.1'] }, ...options })
  const { port, ca } = upstream
  await lock.allow({ host: 'api.test', port, ca, reach: 'loopback', ...(inspect === undefined ? {} : { inspect }) })
  const post = (text: string | Buffer, rest: object = {}) =>
    lock.fetch(`https://api.test:${port}/v1`, { method: 'POST', body: Buffer.from(text).toString('base64'), ...rest })
  return { upstream, lock, post, origin: `https://api.test:${port}` }
}

describe('what is found', () => {
  test('is refused with its kind and place, never its value, and is on record', async () => {
    const { upstream, lock, post } = await reachable()
    const error = await refusal(post(JSON.stringify({ text: `the key is ${key}` })))
    expect(error).toMatchObject({ code: 'egress_leak', status: 403 })
    expect(EgressLeak.parse(error.detail).found).toEqual([{ class: 'credential', kind: 'github_token', place: 'body' }])
    expect(JSON.stringify([error.message, error.detail])).not.toContain(key)
    expect(await lock.ledger.next('egress_refused')).toMatchObject({
      code: 'egress_leak',
      found: 'credential:github_token:body',
      host: 'api.test',
    })
    expect(lock.ledger.of('egress_request')).toEqual([])
    expect(upstream.requests).toEqual([])
    expect(lock.names.asked).toEqual({})
  })

  test.each([
    ['host', (origin: string) => origin.replace('api', `a.${randomBytes(32).toString('hex').slice(0, 50)}`)],
    ['path', (origin: string) => `${origin}/x/${key}`],
    ['query', (origin: string) => `${origin}/?a=${key}`],
    ['fragment, which never leaves', (origin: string) => `${origin}/#${key}`],
  ])('in the %s', async (place, url) => {
    const { lock, origin } = await reachable()
    const sent = lock.fetch(url(origin))
    if (place.startsWith('fragment')) expect((await sent).text).toBe('hello')
    else expect(['egress_leak', 'egress_denied']).toContain((await refusal(sent)).code)
  })

  test('in a redirect is stopped there', async () => {
    const upstream = await startUpstream(['api.test'], (request, response) => {
      if (request.url === '/') response.writeHead(302, { location: `/next?token=${key}` })
      response.end('hello')
    })
    const lock = await airlock({ zone: { 'api.test': ['127.0.0.1'] } })
    await lock.allow({ host: 'api.test', port: upstream.port, ca: upstream.ca, reach: 'loopback' })
    expect((await refusal(lock.fetch(`https://api.test:${upstream.port}/`))).code).toBe('egress_leak')
    expect(upstream.requests.map(({ url }) => url)).toEqual(['/'])
  })

  test('is judged before anything is recorded as leaving, and nothing leaves without a record', async () => {
    const { upstream, lock, post } = await reachable()
    lock.ledger.failing = true
    expect((await refusal(post(key))).code).toBe('egress_leak')
    expect((await refusal(post('harmless'))).code).toBe('egress_unrecorded')
    expect(upstream.requests).toEqual([])
  })
})

describe('headers made for credentials', () => {
  const headers = { authorization: `Bearer ${key}` }

  test('carry keys of their own provider and of no known one, and no others', async () => {
    const { lock, origin, upstream } = await reachable()
    expect((await refusal(lock.fetch(origin, { headers }))).code).toBe('egress_leak')
    for (const value of [
      'Bearer some-local-key-0123456789abcdef',
      `Bearer ${['sk', '-'].join('')}${'a1B2c3D4e5F6g7H8i9J0k1L2'}`,
    ]) {
      const { text, head } = await lock.fetch(origin, { headers: { authorization: value } })
      expect(text).toBe('hello')
      // What is told of it has no credential, nor a part of one.
      expect(head.sent?.headers).toContainEqual(['authorization', 'Bearer [secret]'])
      expect(JSON.stringify(head)).not.toContain(value.slice(7, 15))
    }
    expect(upstream.requests).toHaveLength(2)
    const own = { authorization: `Bearer ${['cst', '_'].join('')}${'A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8S9t0U1v'}` }
    expect((await refusal(lock.fetch(origin, { headers: own }))).code).toBe('egress_leak')
  })

  test('carry any where the entry says so', async () => {
    const upstream = await startUpstream(['api.test'])
    const lock = await airlock({ zone: { 'api.test': ['127.0.0.1'] } })
    await lock.allow({ host: 'api.test', port: upstream.port, ca: upstream.ca, reach: 'loopback', auth: 'any' })
    expect((await lock.fetch(`https://api.test:${upstream.port}/`, { headers })).text).toBe('hello')
  })
})

describe('redacting', () => {
  test('takes out what was found, leaves the rest as it was, and says so', async () => {
    const { upstream, lock, post } = await reachable({ credential: 'redact', personal: 'redact' })
    const text = JSON.stringify({ a: `ä ${key}\n`, list: ['x', `card ${card}!`], deep: JSON.stringify({ key }) })
    const { head } = await post(text, { headers: { 'user-agent': `agent ${key}` } })
    expect(head.redacted).toEqual(expect.arrayContaining(['github_token', 'payment_card']))
    const [asked] = upstream.requests
    const body = Buffer.from(asked?.body ?? '', 'latin1').toString()
    expect(JSON.parse(body)).toEqual({
      a: 'ä [redacted]\n',
      list: ['x', 'card [redacted]!'],
      deep: JSON.stringify({ key: '[redacted]' }),
    })
    expect(head.sent?.line).toBe(`POST ${asked?.url} HTTP/1.1`)
    // Exactly what arrived can be put together from what was asked for and what is told of it.
    const told = head.sent?.cuts.toReversed().reduce((bytes, [start, end]) => {
      return Buffer.concat([bytes.subarray(0, start), Buffer.from('[redacted]'), bytes.subarray(end)])
    }, Buffer.from(text))
    expect(told?.toString()).toBe(body)
    expect(Object.fromEntries(head.sent?.headers ?? [])).toEqual(asked?.headers)
    expect(asked?.headers).toMatchObject({
      'user-agent': 'agent [redacted]',
      'content-length': String(Buffer.byteLength(body)),
    })
    expect(lock.ledger.of('egress_request')[0]?.redacted?.split(',').sort()).toEqual(['github_token', 'payment_card'])
  })

  test('takes out the whole of what is encoded', async () => {
    const { upstream, post, lock, origin } = await reachable({ credential: 'redact' })
    await post(
      JSON.stringify({ blob: Buffer.from(`secret: ${key}`).toString('base64'), zip: gzipSync(key).toString('base64') }),
    )
    expect(upstream.requests[0]?.body).toBe('{"blob":"[redacted]","zip":"[redacted]"}')
    await lock.fetch(`${origin}/?a=1&b=${encodeURIComponent(Buffer.from(key).toString('base64'))}&c=2`)
    expect(upstream.requests[1]?.url).toBe('/?a=1&b=redacted&c=2')
  })

  test('refuses what cannot be cut out', async () => {
    const { post, upstream, lock, origin } = await reachable({ credential: 'redact' })
    expect((await refusal(post(gzipSync(key)))).code).toBe('egress_leak')
    expect((await refusal(post(JSON.stringify(key.match(/.{1,4}/g))))).code).toBe('egress_leak')
    expect((await refusal(lock.fetch(`${origin}/x/${key}`))).code).toBe('egress_leak')
    expect(upstream.requests).toEqual([])
  })
})

describe('asking', () => {
  const questions = async (lock: Awaited<ReturnType<typeof airlock>>) =>
    (await lock.operator.request('GET', '/v1/questions', { schema: EgressQuestionListing })).questions
  const release = (lock: Awaited<ReturnType<typeof airlock>>, id: string) =>
    lock.operator.request('POST', `/v1/questions/${id}/release`, { schema: EgressReleased })

  test('holds a request until the operator lets exactly it go, once', async () => {
    const { upstream, lock, post } = await reachable()
    const held = await refusal(post(`pay with ${card}`))
    expect(held).toMatchObject({
      code: 'egress_held',
      message: expect.stringContaining('agentctl airlock release ask_'),
    })
    expect((await refusal(post(`pay with ${card}`))).detail).toEqual(held.detail)
    const [question] = await questions(lock)
    expect(question).toMatchObject({ host: 'api.test', found: ['personal:payment_card:body'], state: 'waiting' })
    await release(lock, question?.id as string)
    expect(await lock.ledger.next('egress_released')).toMatchObject({ question: question?.id })
    expect((await refusal(post(`pay with ${card}.`))).code).toBe('egress_held')
    expect((await post(`pay with ${card}`)).text).toBe('hello')
    expect(lock.ledger.of('egress_request')[0]?.released).toBe(question?.id)
    expect((await refusal(post(`pay with ${card}`))).code).toBe('egress_held')
    expect(upstream.requests).toHaveLength(1)
  })

  test('is the operator’s alone: the gateway’s socket has no such route', async () => {
    const { lock, post } = await reachable()
    await refusal(post(card))
    const [question] = await questions(lock)
    const tried = lock.gateway.request('POST', `/v1/questions/${question?.id}/release`, { schema: EgressReleased })
    expect((await refusal(tried)).code).toBe('not_found')
  })

  test('does not help what is also to be blocked', async () => {
    const { lock, post } = await reachable()
    expect((await refusal(post(`${card} ${key}`))).code).toBe('egress_leak')
    expect(await questions(lock)).toEqual([])
  })
})

describe('policy', () => {
  test('of an entry goes before that of the configuration, and that before the defaults', async () => {
    const mail = 'write to ada@example.org'
    const { post } = await reachable(
      { personal: 'allow' },
      { config: { inspect: { contact: 'block', personal: 'block' } } },
    )
    expect((await refusal(post(mail))).code).toBe('egress_leak')
    expect((await post(card)).text).toBe('hello')
    const usual = await reachable()
    expect((await usual.post(mail)).text).toBe('hello')
  })

  test('cannot let out what was planted or what the credential store keeps', async () => {
    const { lock } = await reachable()
    const body = { host: 'other.test', inspect: { canary: 'allow' } } as never
    expect((await refusal(lock.allow(body))).code).toBe('invalid_request')
  })
})

describe('what was made to be too much', () => {
  test('is refused: bombs, and encodings without an end', async () => {
    const { post, upstream } = await reachable()
    const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024))
    expect(EgressLeak.parse((await refusal(post(bomb))).detail).found[0]).toMatchObject({ kind: 'unfolds_to_too_much' })
    expect((await refusal(post(JSON.stringify({ a: bomb.toString('base64') })))).code).toBe('egress_leak')
    let nested = 'words that mean nothing, but are long enough to be looked at'
    for (let depth = 0; depth < 12; depth++) nested = Buffer.from(nested).toString('base64')
    expect(EgressLeak.parse((await refusal(post(nested))).detail).found[0]).toMatchObject({ kind: 'nested_too_deeply' })
    expect(upstream.requests).toEqual([])
  })
})

describe('values known by their marks', () => {
  const value = 'correct-Horse!battery/staple?42-of-the-owner'

  test('are recognised in any form, without the airlock having them, also after a restart', async () => {
    const { lock, post } = await reachable()
    const { key: given } = await lock.gateway.request('GET', '/v1/marks/key', { schema: MarkKey })
    const marks = marksOf(Buffer.from(given, 'base64'), value)
    const put = { body: { marks }, schema: MarksTaken }
    expect(await lock.gateway.request('PUT', '/v1/marks', put)).toEqual({ marks: marks.length })
    const forms = [
      value,
      Buffer.from(`x ${value} y`).toString('base64'),
      encodeURIComponent(value),
      JSON.stringify({ value }),
    ]
    for (const form of forms) {
      const { detail, code } = await refusal(post(`here: ${form}`))
      expect([code, EgressLeak.parse(detail).found[0]?.class]).toEqual(['egress_leak', 'secret'])
    }
    expect(JSON.stringify(lock.config) + JSON.stringify(marks)).not.toContain('Horse')
    await lock.stop()
    const again = await airlock({ folder: lock.folder, ledger: lock.ledger, zone: { 'api.test': ['127.0.0.1'] } })
    const { destinations } = await again.listing()
    const url = `https://api.test:${destinations[0]?.port}/?q=${encodeURIComponent(value)}`
    expect((await refusal(again.fetch(url))).code).toBe('egress_leak')
  })

  test('of the owner are canaries: planted by name, in the ledger, and gone when removed', async () => {
    const { lock, post } = await reachable()
    const { key: given } = await lock.operator.request('GET', '/v1/marks/key', { schema: MarkKey })
    const body = { name: 'honey', marks: marksOf(Buffer.from(given, 'base64'), value) }
    await lock.operator.request('POST', '/v1/canaries', { body, schema: CanaryChange })
    expect(EgressLeak.parse((await refusal(post(value))).detail).found[0]).toMatchObject({ class: 'canary' })
    expect((await lock.operator.request('GET', '/v1/canaries', { schema: CanaryListing })).canaries).toMatchObject([
      { name: 'honey' },
    ])
    await lock.operator.request('DELETE', '/v1/canaries/honey', { schema: CanaryChange })
    expect((await post(value)).text).toBe('hello')
    expect(lock.ledger.types().filter((type) => type.startsWith('egress_canary'))).toEqual([
      'egress_canary_planted',
      'egress_canary_removed',
    ])
  })
})
