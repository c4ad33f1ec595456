import { connect } from 'node:net'
import { ErrorEnvelope } from '@castellan/contracts'
import { expect, test } from 'vitest'
import { startGateway, type TestGateway } from '../support/gateway.ts'

const JSON_TYPE = { 'content-type': 'application/json' }

/** Sends bytes as they are and returns all that comes back. */
function raw(gateway: TestGateway, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(gateway.port, '127.0.0.1', () => socket.write(bytes))
    let answer = ''
    socket.on('data', (chunk) => {
      answer += chunk
    })
    socket.on('close', () => resolve(answer))
    socket.on('error', reject)
  })
}

test.each([
  ['a path that is not there', 'GET', '/nothing', {}, undefined, 404, 'not_found'],
  ['a route’s wrong method', 'POST', '/health', JSON_TYPE, '{}', 405, 'method_not_allowed'],
  [
    'a parameter route’s wrong method',
    'DELETE',
    '/api/v1/chats/main/transcript',
    {},
    undefined,
    405,
    'method_not_allowed',
  ],
  ['an unknown method’s path', 'PUT', '/nothing', {}, undefined, 404, 'not_found'],
  [
    'a form',
    'POST',
    '/sign-in',
    { 'content-type': 'application/x-www-form-urlencoded' },
    'a=b',
    415,
    'unsupported_media_type',
  ],
  [
    'plain text, as a foreign form could send it',
    'POST',
    '/sign-in',
    { 'content-type': 'text/plain' },
    '{}',
    415,
    'unsupported_media_type',
  ],
  ['half a JSON text', 'POST', '/sign-in', JSON_TYPE, '{"proof":', 400, 'invalid_json'],
  ['an empty body', 'POST', '/sign-in', JSON_TYPE, '', 400, 'invalid_json'],
  ['a prototype in the body', 'POST', '/sign-in', JSON_TYPE, '{"__proto__":{}}', 400, 'invalid_json'],
  ['a body of another form', 'POST', '/sign-in', JSON_TYPE, '{"code":"1"}', 400, 'invalid_request'],
  ['a broken escape in the path', 'GET', '/%zz', {}, undefined, 400, 'invalid_request'],
  ['a bad chat name', 'GET', '/api/v1/chats/..%2Fx/transcript', {}, undefined, 400, 'invalid_request'],
  ['a bad position', 'GET', '/api/v1/chats/main/transcript?after=-1', {}, undefined, 400, 'invalid_request'],
  ['an unknown query parameter', 'GET', '/api/v1/chats/main/transcript?since=1', {}, undefined, 400, 'invalid_request'],
])('%s is answered with an envelope', async (_name, method, path, headers, body, status, code) => {
  const gateway = await startGateway()
  const authorization = `Bearer ${gateway.token}`
  const answer = await gateway.ask(path, {
    method,
    headers: { authorization, ...headers },
    ...(body === undefined ? {} : { body }),
  })
  expect(answer.status).toBe(status)
  expect(ErrorEnvelope.parse(answer.json)).toMatchObject({ code, request_id: answer.headers['x-request-id'] })
  expect(answer.json.message).toMatch(/^\S.{10,}[.!]$/s)
})

test('a path that climbs out of the page is refused in a sentence', async () => {
  const gateway = await startGateway()
  const answer = await raw(
    gateway,
    `GET /../../package.json HTTP/1.1\r\nhost: 127.0.0.1:${gateway.port}\r\nconnection: close\r\n\r\n`,
  )
  expect(ErrorEnvelope.parse(JSON.parse(answer.split('\r\n\r\n')[1] ?? ''))).toMatchObject({
    code: 'invalid_request',
    message: 'The address climbs out of what this gateway serves.',
  })
})

test('a wrong method is told the right ones', async () => {
  const gateway = await startGateway()
  const answer = await gateway.ask('/sign-out', {
    method: 'DELETE',
    headers: { authorization: `Bearer ${gateway.token}` },
  })
  expect(answer.headers.allow).toBe('POST')
})

test('a body that announces itself as too large is refused before anyone looks at who sent it', async () => {
  const gateway = await startGateway()
  const answer = await gateway.ask('/api/v1/chats/main/transcript', {
    method: 'POST',
    headers: JSON_TYPE,
    body: 'x'.repeat(65_537),
  })
  expect(answer.status).toBe(413)
  expect(answer.json).toMatchObject({ code: 'body_too_large', message: expect.stringContaining('65536') })
})

test('a body of unannounced length is cut off where it gets too large', async () => {
  const gateway = await startGateway()
  const chunk = `10000\r\n${'x'.repeat(65_536)}\r\n`
  const head = `POST /sign-in HTTP/1.1\r\nhost: 127.0.0.1:${gateway.port}\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n`
  const answer = await raw(gateway, `${head}${chunk}${chunk}0\r\n\r\n`)
  expect(answer).toMatch(/^HTTP\/1.1 413 /)
  expect(answer).toContain('"code":"body_too_large"')
})

test.each([
  ['headers above 16 KiB', `GET / HTTP/1.1\r\nhost: x\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`, 431, 'headers_too_large'],
  ['what is no HTTP', 'hello\r\n\r\n', 400, 'invalid_request'],
  ['a request without Host', 'GET /health HTTP/1.1\r\n\r\n', 400, undefined],
  [
    'two lengths',
    'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n',
    400,
    'invalid_request',
  ],
])('%s is refused at the door', async (_name, bytes, status, code) => {
  const gateway = await startGateway()
  const answer = await raw(gateway, bytes)
  expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
  if (code === undefined) return
  expect(ErrorEnvelope.parse(JSON.parse(answer.split('\r\n\r\n')[1] ?? '')).code).toBe(code)
  expect(answer).toMatch(/x-request-id: req_/i)
})

test('a request id that is harmless is kept, and another replaced', async () => {
  const gateway = await startGateway()
  const kept = await gateway.ask('/health', { headers: { 'x-request-id': 'my-id_1.2' } })
  expect(kept.headers['x-request-id']).toBe('my-id_1.2')
  const replaced = await gateway.ask('/health', { headers: { 'x-request-id': 'a b' } })
  expect(replaced.headers['x-request-id']).toMatch(/^req_/)
})
