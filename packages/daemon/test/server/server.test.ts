import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { CastellanError } from '@castellan/contracts'
import { until } from '@castellan/testing'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { addHealthRoute, ndjson, reply, type SocketServer } from '../../src/index.ts'
import { raw, rawBytes, serve } from '../support/server.ts'

const json = { 'content-type': 'application/json' }

function echoRoutes(server: SocketServer): void {
  addHealthRoute(server, { name: 'test', state: () => 'ready' })
  server.route('POST', '/v1/echo', { body: z.strictObject({ text: z.string() }), maxBodyBytes: 64 }, ({ body }) => body)
  server.route('GET', '/v1/items/:id/parts/:part', {}, ({ params }) => params)
  server.route(
    'GET',
    '/v1/search',
    { query: z.strictObject({ q: z.string(), n: z.coerce.number().default(1) }) },
    ({ query }) => query,
  )
}

test('a value a handler gives back is JSON with status 200', async () => {
  const { path } = await serve(echoRoutes)
  const answer = await raw(path, 'POST', '/v1/echo', { headers: json, body: '{"text":"ä"}' })
  expect(answer).toMatchObject({ status: 200, text: '{"text":"ä"}\n' })
  expect(answer.headers['content-type']).toBe('application/json; charset=utf-8')
})

test('parts of the path reach the handler decoded', async () => {
  const { path } = await serve(echoRoutes)
  const answer = await raw(path, 'GET', '/v1/items/a%2Fb/parts/2')
  expect(answer.json).toEqual({ id: 'a/b', part: '2' })
})

test('a query reaches the handler through its schema; one given twice is refused', async () => {
  const { path } = await serve(echoRoutes)
  expect((await raw(path, 'GET', '/v1/search?q=a&n=3')).json).toEqual({ q: 'a', n: 3 })
  expect(await raw(path, 'GET', '/v1/search?q=a&q=b')).toMatchObject({ status: 400, json: { code: 'invalid_request' } })
  expect(await raw(path, 'GET', '/v1/health?verbose=1')).toMatchObject({
    status: 400,
    json: { code: 'invalid_request' },
  })
})

test('every answer carries a request id: the caller’s where it is harmless, a fresh one otherwise', async () => {
  const { path } = await serve(echoRoutes)
  const kept = await raw(path, 'GET', '/v1/nothing', { headers: { 'x-request-id': 'abc.123' } })
  expect(kept.headers['x-request-id']).toBe('abc.123')
  expect(kept.json.request_id).toBe('abc.123')
  const replaced = await raw(path, 'GET', '/v1/health', { headers: { 'x-request-id': 'a b;c' } })
  expect(replaced.headers['x-request-id']).toMatch(/^req_[\w-]{12}$/)
})

test('a refusal has its status, its envelope and, where trying again helps, Retry-After', async () => {
  const { path } = await serve((server) => {
    server.route('GET', '/busy', {}, () => {
      throw new CastellanError('busy', 'Too much at once.', { retryAfterSeconds: 2.2, detail: { calls: 64 } })
    })
  })
  const answer = await raw(path, 'GET', '/busy')
  expect(answer).toMatchObject({
    status: 503,
    json: { code: 'busy', message: 'Too much at once.', detail: { calls: 64 } },
  })
  expect(answer.headers['retry-after']).toBe('3')
})

test('an error nobody meant is internal, says nothing of itself and is in the log with the request id', async () => {
  const { path, log } = await serve((server) => {
    server.route('GET', '/oops', {}, () => {
      throw new Error('the secret sauce')
    })
  })
  const answer = await raw(path, 'GET', '/oops')
  expect(answer).toMatchObject({ status: 500, json: { code: 'internal' } })
  expect(answer.text).not.toContain('sauce')
  const line = readFileSync(log, 'utf8')
    .split('\n')
    .find((text) => text.includes('sauce'))
  expect(line).toContain(answer.json.request_id)
})

test.each([
  ['an unknown path', 'GET', '/v1/helth', {}, 404, 'not_found', 'Did you mean /v1/health?'],
  ['a wrong method', 'DELETE', '/v1/echo', {}, 405, 'method_not_allowed', 'takes POST, not DELETE'],
  ['no body', 'POST', '/v1/echo', { headers: json }, 400, 'invalid_request', 'needs a JSON body'],
  [
    'a needless body',
    'GET',
    '/v1/health',
    { headers: { ...json, 'content-length': '2' }, body: '{}' },
    400,
    'invalid_request',
    'takes no body',
  ],
  [
    'another media type',
    'POST',
    '/v1/echo',
    { headers: { 'content-type': 'text/plain' }, body: 'x' },
    415,
    'unsupported_media_type',
    'application/json',
  ],
  [
    'another charset',
    'POST',
    '/v1/echo',
    { headers: { 'content-type': 'application/json; charset=latin1' }, body: '{}' },
    415,
    'unsupported_media_type',
    'UTF-8',
  ],
  ['broken JSON', 'POST', '/v1/echo', { headers: json, body: '{"text":}' }, 400, 'invalid_json', 'line 1, column 9'],
  [
    'broken UTF-8',
    'POST',
    '/v1/echo',
    { headers: json, body: Buffer.from([0x22, 0xff, 0x22]) },
    400,
    'invalid_json',
    'UTF-8',
  ],
  ['a wrong field', 'POST', '/v1/echo', { headers: json, body: '{"text":1}' }, 400, 'invalid_request', 'text: '],
  ['an unknown field', 'POST', '/v1/echo', { headers: json, body: '{"text":"","x":1}' }, 400, 'invalid_request', 'x'],
  [
    'a body that is declared too large',
    'POST',
    '/v1/echo',
    { headers: { ...json, 'content-length': '65' }, body: ' '.repeat(65) },
    413,
    'body_too_large',
    '64 bytes',
  ],
  [
    'a body that becomes too large',
    'POST',
    '/v1/echo',
    { headers: { ...json, 'transfer-encoding': 'chunked' }, body: ' '.repeat(65) },
    413,
    'body_too_large',
    '64 bytes',
  ],
] as const)(
  '%s is refused with its own code and a useful sentence',
  async (_what, method, target, options, status, code, words) => {
    const { path } = await serve(echoRoutes)
    const answer = await raw(path, method, target, options)
    expect(answer).toMatchObject({ status, json: { code } })
    expect(answer.json.message).toContain(words)
    if (status === 405) expect(answer.headers.allow).toBe('POST')
  },
)

test('headers that are too large, and what is no HTTP at all, are refused in the same form', async () => {
  const { path } = await serve(echoRoutes)
  const large = await rawBytes(path, `GET /v1/health HTTP/1.1\r\nhost: x\r\nx-large: ${'x'.repeat(20_000)}\r\n\r\n`)
  expect(large).toMatch(/^HTTP\/1\.1 431 /)
  expect(large).toContain('"code":"headers_too_large"')
  const nonsense = await rawBytes(path, 'hello there\r\n\r\n')
  expect(nonsense).toMatch(/^HTTP\/1\.1 400 /)
  expect(nonsense).toContain('"code":"invalid_request"')
})

test('a handler learns that its client has gone', async () => {
  let entered = false
  let reason: unknown
  const { path } = await serve((server) => {
    server.route('GET', '/wait', {}, ({ signal }) => {
      entered = true
      return new Promise(() => {
        signal.addEventListener('abort', () => {
          reason = signal.reason
        })
      })
    })
  })
  const socket = connect(path, () => socket.write('GET /wait HTTP/1.1\r\nhost: x\r\n\r\n'))
  await until('the handler runs', () => entered)
  socket.destroy()
  await until('the handler was told', () => reason)
  expect(reason).toMatchObject({ code: 'cancelled' })
})

test('a stream waits for a client that does not read', async () => {
  let produced = 0
  const { client } = await serve((server) => {
    server.route('GET', '/flood', {}, () =>
      ndjson(
        (async function* () {
          for (; produced < 2000; produced += 1) yield { number: produced, filler: 'x'.repeat(10_000) }
        })(),
      ),
    )
  })
  let read = 0
  for await (const { number } of client.stream('GET', '/flood', { schema: z.object({ number: z.int() }) })) {
    expect(number).toBe(read)
    if (read === 0) {
      await new Promise((resolve) => setTimeout(resolve, 200))
      expect(produced).toBeLessThan(1000)
    }
    read += 1
  }
  expect(read).toBe(2000)
})

test('a stream that fails before its first value is an ordinary refusal; later the connection breaks', async () => {
  const { path, client } = await serve((server) => {
    const failing = (after: number) =>
      async function* () {
        for (let number = 0; number < after; number += 1) yield number
        throw new CastellanError('engine_loading', 'Not yet.')
      }
    server.route('GET', '/early', {}, () => ndjson(failing(0)()))
    server.route('GET', '/late', {}, () => ndjson(failing(2)()))
  })
  expect(await raw(path, 'GET', '/early')).toMatchObject({ status: 503, json: { code: 'engine_loading' } })
  const seen: number[] = []
  const reading = (async () => {
    for await (const value of client.stream('GET', '/late', { schema: z.number() })) seen.push(value)
  })()
  await expect(reading).rejects.toMatchObject({ code: 'agentd_unavailable' })
  expect(seen).toEqual([0, 1])
})

test('a stream’s generator is finished when its client leaves', async () => {
  let finished = false
  const { client } = await serve((server) => {
    server.route('GET', '/endless', {}, ({ signal }) =>
      ndjson(
        (async function* () {
          try {
            for (let number = 0; !signal.aborted; number += 1) {
              yield number
              await new Promise((resolve) => setTimeout(resolve, 5))
            }
          } finally {
            finished = true
          }
        })(),
      ),
    )
  })
  for await (const value of client.stream('GET', '/endless', { schema: z.number() })) if (value === 3) break
  await until('the generator ended', () => finished)
})

test('a stopping server finishes what it has begun and takes nothing new', async () => {
  let release: (() => void) | undefined
  const { path, server, client } = await serve((it) => {
    it.route('GET', '/slow', {}, () => new Promise((resolve) => (release = () => resolve('finished'))))
    it.route('GET', '/quick', {}, () => 'quick')
  })
  // A second, kept connection that will try during the stop.
  await client.request('GET', '/quick', { schema: z.string() })
  const slow = client.request('GET', '/slow', { schema: z.string() })
  await until('the handler runs', () => release)
  const closing = server.close({ graceMs: 5000 })
  await expect(raw(path, 'GET', '/quick')).rejects.toThrow(/ENOENT|ECONNREFUSED/)
  release?.()
  expect(await slow).toBe('finished')
  await closing
})

test('a stopping server cuts off what does not finish in time', async () => {
  let reason: unknown
  let entered = false
  const { server, client } = await serve((it) => {
    it.route('GET', '/stuck', {}, ({ signal }) => {
      entered = true
      return new Promise(() => signal.addEventListener('abort', () => (reason = signal.reason)))
    })
  })
  const stuck = client.request('GET', '/stuck', { schema: z.string() })
  stuck.catch(() => undefined)
  await until('the handler runs', () => entered)
  await server.close({ graceMs: 20 })
  expect(reason).toMatchObject({ code: 'shutting_down' })
  await expect(stuck).rejects.toMatchObject({ code: 'agentd_unavailable' })
})

test('health tells name, version, process and memory', async () => {
  const { path } = await serve((server) =>
    addHealthRoute(server, { name: 'test', state: () => 'degraded', detail: () => ({ why: 'a reason' }) }),
  )
  const { json: health } = await raw(path, 'GET', '/v1/health')
  expect(health).toMatchObject({ name: 'test', state: 'degraded', pid: process.pid, detail: { why: 'a reason' } })
  expect(health).toHaveProperty('rssBytes', expect.any(Number))
})

test('an answer with a status of its own', async () => {
  const { path } = await serve((server) =>
    server.route('GET', '/x', {}, () => reply({ a: 1 }, { status: 202, headers: { 'x-y': 'z' } })),
  )
  const answer = await raw(path, 'GET', '/x')
  expect(answer).toMatchObject({ status: 202, json: { a: 1 } })
  expect(answer.headers['x-y']).toBe('z')
})
