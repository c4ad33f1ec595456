import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { gzipSync } from 'node:zlib'
import { type CastellanError, EgressHead } from '@castellan/contracts'
import { until } from '@castellan/testing'
import { describe, expect, onTestFinished, test } from 'vitest'
import { airlock, refusal, unpack } from '../support/airlock.ts'
import { startUpstream } from '../support/upstream.ts'

const zone = { 'api.test': ['127.0.0.1'], 'other.test': ['127.0.0.1'] }

/** An upstream for api.test, and an airlock that lets it be reached. */
async function reachable(
  handler?: Parameters<typeof startUpstream>[1],
  options: Parameters<typeof startUpstream>[2] = {},
) {
  const upstream = await startUpstream(['api.test', 'other.test'], handler, options)
  const lock = await airlock({ zone })
  const { port, ca } = upstream
  const entry = await lock.allow({
    host: 'api.test',
    port,
    reach: 'loopback',
    ...(options.plain ? { scheme: 'http' } : { ca }),
  })
  return { upstream, lock, entry, url: `${options.plain ? 'http' : 'https'}://api.test:${port}` }
}

describe('what goes out', () => {
  test('is the request as it was asked for, to the name in TLS and in Host', async () => {
    const { upstream, lock, url } = await reachable()
    const { head, text, end } = await lock.fetch(`${url}/v1/chat?x=%20y#part`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Authorization: 'Bearer k' },
      body: Buffer.from('{"a":"ä"}').toString('base64'),
    })
    expect([head.status, text, end]).toEqual([200, 'hello', { state: 'complete', bytes: 5 }])
    const [asked] = upstream.requests
    expect(asked).toMatchObject({ method: 'POST', url: '/v1/chat?x=%20y', servername: 'api.test' })
    expect(Buffer.from(asked?.body ?? '', 'latin1').toString()).toBe('{"a":"ä"}')
    expect(asked?.headers).toEqual({
      host: `api.test:${upstream.port}`,
      connection: 'keep-alive',
      'content-length': '10',
      'content-type': 'application/json',
      authorization: 'Bearer k',
      'accept-encoding': 'identity',
      'user-agent': 'castellan',
    })
  })

  test('has no header that nobody thought of, and the answer names those that stayed', async () => {
    const { upstream, lock, url } = await reachable()
    const stay = [
      'Cookie',
      'Host',
      'Connection',
      'Transfer-Encoding',
      'Proxy-Authorization',
      'X-Forwarded-For',
      'Forwarded',
      'Via',
      'TE',
      'Upgrade',
      'X-Odd',
      'Accept-Encoding',
      'Expect',
    ]
    const { head } = await lock.fetch(url, { headers: Object.fromEntries(stay.map((name) => [name, 'planted'])) })
    expect(head.stripped.sort()).toEqual(stay.map((name) => name.toLowerCase()).sort())
    expect(JSON.stringify(upstream.requests[0]?.headers)).not.toContain('planted')
  })

  test('is refused where it would smuggle a second request', async () => {
    const { upstream, lock, url } = await reachable()
    const split = await refusal(lock.fetch(url, { headers: { accept: 'a\r\nX-Odd: planted' } }))
    expect(split.code).toBe('invalid_request')
    expect((await lock.fetch(`${url}/a\r\nX-Odd: planted`)).head.url).toBe(`${url}/aX-Odd:%20planted`)
    expect(upstream.requests[0]?.url).toBe('/aX-Odd:%20planted')
  })

  test('ignores proxies of the environment', async () => {
    const { lock, url, upstream } = await reachable()
    for (const name of ['HTTPS_PROXY', 'https_proxy', 'ALL_PROXY', 'NODE_USE_ENV_PROXY'])
      process.env[name] = '127.0.0.1:9'
    try {
      expect((await lock.fetch(url)).text).toBe('hello')
    } finally {
      for (const name of ['HTTPS_PROXY', 'https_proxy', 'ALL_PROXY', 'NODE_USE_ENV_PROXY']) delete process.env[name]
    }
    expect(upstream.requests).toHaveLength(1)
  })

  test('takes no body where there is none, and none that is too large', async () => {
    const { lock, url } = await reachable()
    expect((await refusal(lock.fetch(url, { body: 'YQ==' }))).code).toBe('invalid_request')
    const large = Buffer.alloc(16 * 1024 * 1024 + 1).toString('base64')
    expect((await refusal(lock.fetch(url, { method: 'POST', body: large }))).code).toBe('body_too_large')
  })
})

describe('what comes back', () => {
  test('streams: a piece is here before the next one is written', async () => {
    const pieces = ['data: 1\n\n', 'data: 2\n\n', 'data: 3\n\n']
    const waiting: (() => void)[] = []
    const { lock, url } = await reachable((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      const next = (): void => {
        const piece = pieces.shift()
        if (piece === undefined) response.end()
        else response.write(piece)
      }
      waiting.push(next, next, next, next)
      next()
    })
    const answer = await lock.open({ url })
    expect(EgressHead.parse(unpack(answer.header('castellan-egress-head'))).headers).toContainEqual([
      'content-type',
      'text/event-stream',
    ])
    const seen: string[] = []
    for await (const piece of answer.body) {
      seen.push(Buffer.from(piece).toString())
      waiting.pop()?.()
    }
    expect(seen).toEqual(['data: 1\n\n', 'data: 2\n\n', 'data: 3\n\n'])
  })

  test('has the headers that are on the list, repeated ones too, and no others', async () => {
    const { lock, url } = await reachable((_request, response) => {
      response.writeHead(429, [
        ...['Set-Cookie', 'a=planted', 'Retry-After', '7', 'X-RateLimit-Remaining', '0', 'anthropic-ratelimit-x', '1'],
        ...['WWW-Authenticate', 'Basic', 'WWW-Authenticate', 'Bearer', 'Strict-Transport-Security', 'max-age=1'],
        ...['Keep-Alive', 'timeout=5', 'Alt-Svc', 'h3=":443"', 'Content-Type', 'text/plain'],
      ])
      response.end('slow down')
    })
    const { head, text } = await lock.fetch(url)
    expect([head.status, text]).toEqual([429, 'slow down'])
    expect(head.headers.filter(([name]) => name !== 'date')).toEqual([
      ['retry-after', '7'],
      ['x-ratelimit-remaining', '0'],
      ['anthropic-ratelimit-x', '1'],
      ['www-authenticate', 'Basic'],
      ['www-authenticate', 'Bearer'],
      ['content-type', 'text/plain'],
    ])
  })

  test.each([
    [4, 'hell', 'truncated'],
    [5, 'hello', 'complete'],
    [0, '', 'truncated'],
  ] as const)('is cut off at %d bytes, and says so', async (response_bytes, text, state) => {
    const { lock, url } = await reachable()
    const fetched = await lock.fetch(url, { limits: { response_bytes } })
    expect([fetched.text, fetched.end]).toEqual([text, { state, bytes: text.length }])
    const ended = await lock.ledger.next('egress_ended')
    expect(ended).toMatchObject(state === 'complete' ? { ok: true, bytes: 5 } : { ok: false, code: 'egress_truncated' })
  })

  test('is not read on once it is cut off', async () => {
    let written = 0
    const { lock, url, upstream } = await reachable((_request, response) => {
      const more = (): void => {
        while (!response.destroyed) {
          written += 65_536
          if (!response.write(Buffer.alloc(65_536))) return void response.once('drain', more)
        }
      }
      more()
    })
    const { end } = await lock.fetch(url, { limits: { response_bytes: 100_000 } })
    expect(end).toEqual({ state: 'truncated', bytes: 100_000 })
    await until('the connection is closed', () => upstream.open() === 0)
    expect(written).toBeLessThan(32 * 1024 * 1024)
  })

  test('is refused where it is compressed: nothing unfolds to more than it says', async () => {
    const { lock, url } = await reachable((_request, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' })
      response.end(gzipSync(Buffer.alloc(10_000_000)))
    })
    expect(await refusal(lock.fetch(url))).toMatchObject({
      code: 'egress_failed',
      message: expect.stringContaining('compressed'),
      detail: { stage: 'answer', sent: true },
    })
  })

  test('is refused where its headers are too large', async () => {
    const { lock, url } = await reachable((_request, response) => {
      response.writeHead(200, { etag: 'x'.repeat(40_000) })
      response.end()
    })
    expect((await refusal(lock.fetch(url))).message).toContain('headers are too large')
  })

  test.each([
    ['gibberish', 'SSH-2.0-OpenSSH_9.2\r\n\r\n'],
    ['both lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['another protocol', 'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n'],
    ['a status beyond the known', 'HTTP/1.1 999 Odd\r\nContent-Length: 0\r\n\r\n'],
    ['a hung-up line', ''],
  ])('is refused where it is %s', async (_what, bytes) => {
    const { lock, url, upstream } = await reachable(undefined, { plain: true })
    upstream.server.removeAllListeners('connection')
    upstream.server.on('connection', (socket) => void socket.on('error', () => undefined).end(bytes))
    const error = await refusal(lock.fetch(url))
    expect([error.code, error.detail]).toEqual(['egress_failed', { stage: 'answer', sent: true }])
  })

  test('that breaks off is not taken for whole', async () => {
    const { lock, url } = await reachable((_request, response) => {
      response.writeHead(200, { 'content-length': '10' })
      response.write('hel')
      setImmediate(() => response.socket?.destroy())
    })
    const { text, end } = await lock.fetch(url)
    expect(text).toBe('hel')
    expect(end).toMatchObject({ state: 'failed', bytes: 3, code: 'egress_failed' })
    expect(await lock.ledger.next('egress_ended')).toMatchObject({ ok: false, code: 'egress_failed', bytes: 3 })
  })
})

describe('time', () => {
  test('runs out where nobody answers', async () => {
    const { lock, url, upstream } = await reachable(() => undefined)
    const error = await refusal(lock.fetch(url, { limits: { headers_ms: 50 } }))
    expect([error.code, error.detail]).toEqual(['egress_timeout', { stage: 'answer', sent: true }])
    await until('the connection is closed', () => upstream.open() === 0)
  })

  test('runs out while a name server, a handshake or a connection is waited for, and nothing was sent', async () => {
    const silent = createServer((socket) => void socket.on('error', () => undefined)).listen(0, '127.0.0.1')
    await once(silent, 'listening')
    onTestFinished(() => void silent.close())
    const { port } = silent.address() as AddressInfo
    const lock = await airlock({ zone: { 'mute.test': 'silent', 'api.test': ['127.0.0.1'] } })
    for (const [host, stage, connect_ms] of [
      ['mute.test', 'resolve', 300],
      ['api.test', 'tls', 2500],
    ] as const) {
      await lock.allow({ host, port, reach: 'loopback' })
      const error = await refusal(lock.fetch(`https://${host}:${port}/`, { limits: { connect_ms } }))
      expect([error.code, error.detail]).toEqual(['egress_timeout', { stage, sent: false }])
    }
  })

  test('runs out for headers that come byte by byte', async () => {
    const { lock, url, upstream } = await reachable(undefined, { plain: true })
    upstream.server.removeAllListeners('connection')
    const drips: NodeJS.Timeout[] = []
    upstream.server.on('connection', (socket) => {
      socket.write('HTTP/1.1 200 OK\r\nx: ')
      drips.push(setInterval(() => socket.write('y'), 5))
      socket.on('error', () => undefined)
    })
    const error = await refusal(lock.fetch(url, { limits: { headers_ms: 100, idle_ms: 10_000 } }))
    for (const drip of drips) clearInterval(drip)
    expect(error.code).toBe('egress_timeout')
  })

  test('runs out for an answer that stops in the middle', async () => {
    const { lock, url } = await reachable((_request, response) => void response.write('hel'))
    const { text, end } = await lock.fetch(url, { limits: { idle_ms: 1000 } })
    expect([text, end.state, end.code]).toEqual(['hel', 'failed', 'egress_timeout'])
  })

  test('runs out for one that drips for ever', async () => {
    const { lock, url } = await reachable((_request, response) => {
      const drip = setInterval(() => response.write('.'), 5)
      response.once('close', () => clearInterval(drip))
    })
    const { end } = await lock.fetch(url, { limits: { total_ms: 3000, idle_ms: 10_000 } })
    expect([end.state, end.code]).toEqual(['failed', 'egress_timeout'])
  })

  test('does not run while the reader takes its time', async () => {
    const { lock, url } = await reachable((_request, response) => void response.end(Buffer.alloc(8 * 1024 * 1024)))
    const answer = await lock.open({ url, limits: { idle_ms: 1500 } })
    let bytes = 0
    for await (const piece of answer.body) {
      if (bytes === 0) await new Promise((resolve) => setTimeout(resolve, 2000))
      bytes += piece.length
    }
    expect(bytes).toBe(8 * 1024 * 1024)
    expect(unpack(answer.trailer('castellan-egress-end'))).toMatchObject({ state: 'complete' })
  })
})

describe('leaving', () => {
  test('before the answer closes the connection', async () => {
    const { lock, url, upstream } = await reachable(() => undefined)
    const abort = new AbortController()
    const asked = refusal(lock.open({ url }, abort.signal))
    await until('the request has arrived', () => upstream.requests.length === 1)
    abort.abort()
    expect((await asked).code).toBe('cancelled')
    await until('the connection is closed', () => upstream.open() === 0)
    expect(await lock.ledger.next('egress_ended')).toMatchObject({ ok: false, code: 'cancelled' })
    await until('nothing is under way', async () => (await lock.health()).detail?.under_way === 0)
  })

  test('in the middle of the answer closes the connection', async () => {
    const { lock, url, upstream } = await reachable((_request, response) => void response.write('hel'))
    for await (const _piece of (await lock.open({ url })).body) break
    await until('the connection is closed', () => upstream.open() === 0)
    await until('nothing is under way', async () => (await lock.health()).detail?.under_way === 0)
  })
})

test('a stop lets what is nearly done finish, and tells the others why they end', async () => {
  let finish: (() => void) | undefined
  const { lock, url, upstream } = await reachable((request, response) => {
    response.write('begun')
    if (request.url === '/nearly') finish = () => response.end(', done')
  })
  const [nearly, never] = [lock.fetch(`${url}/nearly`), lock.fetch(`${url}/never`)]
  await until('both are under way', () => upstream.requests.length === 2)
  const stopped = lock.stop()
  finish?.()
  expect((await nearly).text).toBe('begun, done')
  expect((await never).end).toMatchObject({ state: 'failed', code: 'shutting_down' })
  await stopped
  expect(lock.ledger.of('egress_ended')).toHaveLength(2)
})

describe('connections', () => {
  test('are kept for the next request to the same host, without asking for its address again', async () => {
    const { lock, url, upstream } = await reachable()
    for (let turn = 0; turn < 5; turn++) await lock.fetch(url)
    expect([upstream.requests.length, upstream.connections(), lock.names.asked['A api.test']]).toEqual([5, 1, 1])
  })

  test('are not shared by two entries', async () => {
    const { lock, url, upstream, entry } = await reachable()
    await lock.fetch(url)
    await lock.remove(entry.id)
    await until('the old connection is closed', () => upstream.open() === 0)
    await lock.allow({ host: 'api.test', port: upstream.port, reach: 'loopback', ca: upstream.ca })
    await lock.fetch(url)
    expect(upstream.connections()).toBe(2)
  })

  test('that the other side closed meanwhile are replaced', async () => {
    const { lock, url, upstream } = await reachable()
    await lock.fetch(url)
    upstream.server.closeIdleConnections()
    await until('the connection is closed', () => upstream.open() === 0)
    expect((await lock.fetch(url)).text).toBe('hello')
  })

  test('of a hundred requests that are left at all moments stay no trace', async () => {
    const upstream = await startUpstream(['api.test'], (request, response) => {
      const kind = Number(request.url?.slice(1)) % 4
      if (kind === 0) response.end('x'.repeat(200_000))
      else if (kind === 1) response.write('begun')
      else if (kind === 2) response.socket?.destroy()
    })
    const lock = await airlock({ zone })
    await lock.allow({ host: 'api.test', port: upstream.port, reach: 'loopback', ca: upstream.ca })
    const ask = async (each: number): Promise<void> => {
      const abort = new AbortController()
      const leaving = setTimeout(() => abort.abort(), (each * 7) % 60)
      try {
        const url = `https://api.test:${upstream.port}/${each}`
        for await (const _piece of (await lock.open({ url }, abort.signal)).body) if (each % 3 === 0) break
      } catch (error) {
        expect(['cancelled', 'egress_failed']).toContain((error as CastellanError).code)
      } finally {
        clearTimeout(leaving)
        abort.abort()
      }
    }
    await Promise.all(Array.from({ length: 100 }, (_, each) => ask(each)))
    await until('nothing is under way', async () => (await lock.health()).detail?.under_way === 0)
    await until(
      'each has an end on record',
      () => lock.ledger.of('egress_ended').length === lock.ledger.of('egress_request').length,
    )
    expect(new Set(lock.ledger.of('egress_ended').map(({ target }) => target)).size).toBe(
      lock.ledger.of('egress_request').length,
    )
  })

  test('are at most as many as configured', async () => {
    const upstream = await startUpstream(['api.test'], () => undefined)
    const lock = await airlock({ zone, config: { concurrency: 2 } })
    await lock.allow({ host: 'api.test', port: upstream.port, reach: 'loopback', ca: upstream.ca })
    const url = `https://api.test:${upstream.port}`
    const abort = new AbortController()
    const held = [1, 2].map(() => refusal(lock.open({ url }, abort.signal)))
    await until('both have arrived', () => upstream.requests.length === 2)
    expect((await refusal(lock.fetch(url))).code).toBe('busy')
    abort.abort()
    await Promise.all(held)
  })
})
