import { ErrorEnvelope } from '@castellan/contracts'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { startGateway } from '../support/gateway.ts'

const PATHS = [
  '/',
  '/health',
  '/session',
  '/sign-in',
  '/sign-out',
  '/ws',
  '/api/v1/chats/main/transcript',
  '/assets/',
  '/nothing',
]
const path = fc
  .tuple(fc.constantFrom(...PATHS), fc.constantFrom('', '?', '/', '%00', '%2e%2e/', '?after=', '#'), fc.webPath())
  .map((parts) => parts.join(''))
const headers = fc.record(
  {
    'content-type': fc.constantFrom(
      'application/json',
      'application/json; charset=x',
      'text/html',
      ';',
      'multipart/form-data',
    ),
    authorization: fc.constantFrom('Bearer', 'Bearer x y', 'Basic eDp5', `Bearer cst_${'A'.repeat(43)}`, 'owner'),
    cookie: fc.constantFrom('castellan_session_0=x', '=;;=', `castellan_session_1=${'a'.repeat(2000)}`),
    origin: fc.constantFrom('null', 'http://evil.example', ''),
    'x-request-id': fc.constantFrom('ok', 'a\tb', 'x'.repeat(65)),
    'accept-encoding': fc.constantFrom('gzip', '*;q=0', ','),
    range: fc.constantFrom('bytes=0-', 'bytes=9-1', 'x'),
    expect: fc.constantFrom('100-continue'),
  },
  { requiredKeys: [] },
)
const body = fc.option(fc.oneof(fc.json(), fc.string(), fc.constant('{"proof":"x"}')), { nil: undefined })
const method = fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS')

test('no request, however odd, makes the gateway fail, and every refusal is an envelope', async () => {
  const gateway = await startGateway()
  await fc.assert(
    fc.asyncProperty(method, path, headers, body, async (method, path, headers, body) => {
      const hasBody = body !== undefined && method !== 'GET' && method !== 'HEAD'
      const answer = await gateway.ask(path, { method, headers, ...(hasBody ? { body } : {}) })
      expect(answer.status).toBeLessThan(500)
      expect(answer.headers['x-request-id']).toBeDefined()
      if (answer.status < 400 || method === 'HEAD') return
      expect(ErrorEnvelope.parse(answer.json).request_id).toBe(answer.headers['x-request-id'])
    }),
    { numRuns: 400 },
  )
})
