import { until } from '@castellan/testing'
import { expect, test } from 'vitest'
import { MAX_SOCKETS } from '../../src/chat/socket.ts'
import { textOf, typesOf } from '../support/client.ts'
import { say } from '../support/engine.ts'
import { startGateway } from '../support/gateway.ts'
import { signIn } from '../support/sign-in.ts'

test('a program opens the socket with the owner’s token', async () => {
  const gateway = await startGateway()
  const client = await gateway.connect()
  expect(client.frames[0]).toEqual({ type: 'status', state: 'ready' })
})

test('a browser that cannot set headers sends the token as a subprotocol, which is not repeated', async () => {
  const gateway = await startGateway()
  const client = await gateway.connect({ protocols: ['castellan.v1', `bearer.${gateway.token}`], origin: gateway.url })
  expect(client.socket.protocol).toBe('castellan.v1')
})

test('a signed-in page opens the socket with its cookie and its own origin', async () => {
  const gateway = await startGateway()
  const page = await gateway.connect({ headers: await signIn(gateway) })
  expect(textOf(await page.ask('/help'))).toContain('/tools')
})

test.each([
  ['no credential', '/ws', {}, 401, 'unauthorized'],
  ['a wrong token', '/ws', { authorization: `Bearer cst_${'A'.repeat(43)}` }, 401, 'unauthorized'],
  ['another scheme', '/ws', { authorization: 'Basic b3duZXI6' }, 401, 'unauthorized'],
  [
    'a wrong token as subprotocol',
    '/ws',
    { 'sec-websocket-protocol': 'castellan.v1, bearer.cst_no' },
    401,
    'unauthorized',
  ],
  ['a token in the address', `/ws?token=cst_${'A'.repeat(43)}`, {}, 400, 'invalid_request'],
  ['a token under another name in the address', `/ws?x=cst_${'A'.repeat(43)}`, {}, 400, 'invalid_request'],
  ['a foreign origin', '/ws', { origin: 'https://evil.example' }, 403, 'origin_refused'],
  ['an opaque origin', '/ws', { origin: 'null' }, 403, 'origin_refused'],
  ['a rebound name', '/ws', { host: 'evil.example' }, 403, 'host_refused'],
  ['an address that is no socket', '/wss', {}, 404, 'not_found'],
])('%s is refused before the upgrade, with an envelope', async (_name, path, headers, status, code) => {
  const gateway = await startGateway()
  const refusal = await gateway.refusedSocket(path, headers as Record<string, string>)
  expect(refusal.status).toBe(status)
  expect(refusal.json).toMatchObject({ code, request_id: refusal.headers['x-request-id'] })
  expect(refusal.headers.connection).toBe('close')
})

test('the cookie without an origin is refused: a program uses the token', async () => {
  const gateway = await startGateway()
  const { cookie } = await signIn(gateway)
  expect((await gateway.refusedSocket('/ws', { cookie })).json.code).toBe('origin_refused')
})

test('a handshake that is none is refused with an envelope', async () => {
  const gateway = await startGateway()
  const authorization = `Bearer ${gateway.token}`
  const bad = await gateway.refusedSocket('/ws', { authorization, 'sec-websocket-key': 'short' })
  expect(bad.status).toBe(400)
  expect(bad.json.code).toBe('invalid_request')
  const plain = await gateway.ask('/ws', { headers: { authorization } })
  expect(plain.json).toMatchObject({ code: 'invalid_request', message: expect.stringContaining('WebSocket client') })
})

test('the fourth socket of a credential is refused with 429, and another one closing makes room', async () => {
  const gateway = await startGateway()
  const open = []
  for (let count = 0; count < MAX_SOCKETS; count++) open.push(await gateway.connect())
  const refusal = await gateway.refusedSocket('/ws', { authorization: `Bearer ${gateway.token}` })
  expect(refusal.status).toBe(429)
  expect(refusal.json.code).toBe('too_many_sessions')
  expect(Number(refusal.headers['retry-after'])).toBeGreaterThan(0)

  const page = await gateway.connect({ headers: await signIn(gateway) })
  await page.close()
  await open[0]?.close()
  await gateway.connect()
})

test('every socket of the owner hears a chat, and learns what was asked elsewhere', async () => {
  const gateway = await startGateway()
  const [asker, other] = [await gateway.connect(), await gateway.connect()]
  const frames = await asker.ask('how full are my disks?')
  await other.hears('done')
  expect(await other.hears('asked')).toMatchObject({ text: 'how full are my disks?', seq: 1 })
  expect(other.frames.filter(({ type }) => type !== 'asked').slice(1)).toEqual(frames)
  expect(typesOf(frames)).not.toContain('asked')
})

test('a socket that closes ends no turn', async () => {
  const gateway = await startGateway()
  let finish = () => {}
  gateway.engine.answer = async function* () {
    await new Promise<void>((resolve) => {
      finish = resolve
    })
    yield* say('Still here.')
  }
  const client = await gateway.connect()
  client.send({ type: 'chat', text: 'are you there?' })
  await until('the engine was asked', () => gateway.engine.requests.length === 1)
  await client.close()
  const back = await gateway.connect()
  finish()
  await back.hears('done')
  expect(textOf(back.frames)).toBe('Still here.')
})

test('a client that answers no ping is dropped', async () => {
  const gateway = await startGateway({ server: { chatTiming: { heartbeatMs: 3000, idleMs: 600_000 } } })
  const deaf = await gateway.connect({ autoPong: false })
  const healthy = await gateway.connect()
  await until('the deaf one is dropped', () => deaf.closed)
  expect(deaf.closed?.code).toBe(1006)
  expect(healthy.closed).toBeNull()
})

test('a client that says nothing is closed with 4003', async () => {
  const gateway = await startGateway({ server: { chatTiming: { heartbeatMs: 3000, idleMs: 50 } } })
  const client = await gateway.connect()
  await until('it is closed', () => client.closed)
  expect(client.closed).toMatchObject({ code: 4003, reason: expect.stringContaining('Idle') })
})

test('a client that waits for a turn is not idle', async () => {
  const gateway = await startGateway({ server: { chatTiming: { heartbeatMs: 2500, idleMs: 2000 } } })
  let finish = () => {}
  gateway.engine.answer = async function* () {
    await new Promise<void>((resolve) => {
      finish = resolve
    })
    yield* say('Done.')
  }
  const client = await gateway.connect()
  client.send({ type: 'chat', text: 'take your time' })
  await until('the engine was asked', () => gateway.engine.requests.length === 1)
  await new Promise((resolve) => setTimeout(resolve, 6000))
  expect(client.closed).toBeNull()
  finish()
  await until('it is closed after the turn', () => client.closed)
})

test('a gateway that stops ends its turns, says so, and closes its sockets', async () => {
  const gateway = await startGateway()
  gateway.engine.answer = async function* (_request, signal) {
    await new Promise((resolve) => signal.addEventListener('abort', resolve))
  }
  const client = await gateway.connect()
  client.send({ type: 'chat', text: 'hello' })
  await until('the engine was asked', () => gateway.engine.requests.length === 1)
  await gateway.stop()
  await until('it is closed', () => client.closed)
  expect(await client.hears('error')).toMatchObject({ code: 'shutting_down' })
  expect(typesOf(client.frames).at(-1)).toBe('done')
  expect(client.closed?.code).toBe(1001)
})
