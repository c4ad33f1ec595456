import { randomBytes } from 'node:crypto'
import { MAX_FRAME_BYTES } from '@castellan/contracts'
import { until } from '@castellan/testing'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readClientFrame } from '../../src/chat/frames.ts'
import { textOf, typesOf } from '../support/client.ts'
import { startGateway } from '../support/gateway.ts'

test.each([
  ['no JSON', '{"type":"chat",', 'invalid_json', /column 16/],
  ['nothing', '', 'invalid_json', /ends too early/],
  ['a list', '[]', 'invalid_request', /has to be an object/],
  ['null', 'null', 'invalid_request', /has to be an object/],
  ['no type', '{"text":"hi"}', 'unknown_frame', /chat, abort, approve, deny/],
  ['an unknown type', '{"type":"chta","text":"hi"}', 'unknown_frame', /Did you mean chat\?/],
  ['a type of the server', '{"type":"done"}', 'unknown_frame', /chat, abort/],
  ['an unknown key', '{"type":"chat","text":"hi","model":"x"}', 'invalid_request', /"model"/],
  ['no text', '{"type":"chat"}', 'invalid_request', /text/],
  ['an empty text', '{"type":"chat","text":"  "}', 'invalid_request', /text: must not be empty/],
  ['a text that is no text', '{"type":"chat","text":7}', 'invalid_request', /text/],
  ['too long a text', JSON.stringify({ type: 'chat', text: 'a'.repeat(32_769) }), 'invalid_request', /at most 32768/],
  ['a bad chat name', '{"type":"chat","text":"hi","chat_id":"../x"}', 'invalid_request', /chat_id: must be 1 to 64/],
  ['a bad approval', '{"type":"approve","approval_id":"7"}', 'invalid_request', /approval_id: must look like apr_/],
  ['a bad signature', '{"type":"deny","approval_id":"apr_12345678","signature":"?"}', 'invalid_request', /signature/],
])(
  'a frame with %s gets its code and a useful sentence, and the socket stays open',
  async (_name, text, code, message) => {
    const gateway = await startGateway()
    const client = await gateway.connect()
    client.socket.send(text)
    const error = await client.hears('error')
    expect(error.code).toBe(code)
    expect(error.message).toMatch(message)
    expect(typesOf(client.frames)).not.toContain('done')
    expect(textOf(await client.ask('/help'))).toContain('/tools')
  },
)

test('a binary frame is refused and the socket stays open', async () => {
  const gateway = await startGateway()
  const client = await gateway.connect()
  client.socket.send(randomBytes(8))
  expect(await client.hears('error')).toMatchObject({ code: 'unknown_frame' })
  expect(textOf(await client.ask('/help'))).toContain('/tools')
})

test('a frame of exactly 64 KiB is read', async () => {
  const gateway = await startGateway()
  const client = await gateway.connect()
  const frame = '{"type":"abort"}'
  client.socket.send(frame + ' '.repeat(MAX_FRAME_BYTES - frame.length))
  await client.hears('status', ({ state }) => state === 'idle')
})

test.each([
  ['one byte more', MAX_FRAME_BYTES + 1],
  ['a megabyte', 1024 * 1024],
])('%s closes the socket with 1009 and says why', async (_name, bytes) => {
  const gateway = await startGateway()
  const client = await gateway.connect()
  client.socket.send('x'.repeat(bytes))
  expect(await client.hears('error')).toMatchObject({ code: 'frame_too_large' })
  await until('it is closed', () => client.closed)
  expect(client.closed).toMatchObject({ code: 1009, reason: expect.stringContaining('65536 bytes') })
})

test('text that is not UTF-8 closes the socket with 1007 and says why', async () => {
  const gateway = await startGateway()
  const client = await gateway.connect()
  client.socket.send(Buffer.from([0xff, 0xfe]), { binary: false })
  await until('it is closed', () => client.closed)
  expect(client.closed).toMatchObject({ code: 1007, reason: expect.stringContaining('UTF-8') })
})

test('no text whatever makes the reader fail without a code', () => {
  const codes = ['invalid_json', 'invalid_request', 'unknown_frame']
  const nearlyFrames = fc.record(
    { type: fc.constantFrom('chat', 'abort', 'approve', '__proto__'), text: fc.anything(), chat_id: fc.anything() },
    { requiredKeys: ['type'] },
  )
  const texts = fc.oneof(
    fc.string(),
    fc.json(),
    nearlyFrames.map((value) => JSON.stringify(value) ?? ''),
  )
  fc.assert(
    fc.property(texts, (text) => {
      try {
        expect(readClientFrame(text)).toHaveProperty('type')
      } catch (error) {
        expect(codes).toContain((error as { code?: string }).code)
      }
    }),
    { numRuns: 300 },
  )
})
