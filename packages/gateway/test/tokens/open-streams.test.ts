import { request as httpRequest, type IncomingMessage } from 'node:http'
import { until } from '@castellan/testing'
import { expect, test } from 'vitest'
import { makeToken, request } from '../support/api.ts'
import { startGateway, type TestGateway } from '../support/gateway.ts'

test('revoking a token in the middle of an answer lets not one more frame through, and stops the turn', async () => {
  const gateway = await startGateway()
  const { secret, id } = await makeToken(gateway, { scopes: ['chat'] })
  const going = Promise.withResolvers<void>()
  gateway.engine.answer = async function* () {
    yield { type: 'text', text: 'before ' }
    await going.promise
    for (let piece = 0; piece < 50; piece++) yield { type: 'text', text: `after ${piece} ` }
    yield { type: 'done', reason: 'stop', usage: { promptTokens: 1, outputTokens: 1, durationMs: 1 } }
  }
  const program = await gateway.connect({ headers: { authorization: `Bearer ${secret}` } })
  const owner = await gateway.connect()
  program.send({ type: 'chat', text: 'hello' })
  await program.hears('text')
  await request(gateway, `/api/v1/tokens/${id}`, { method: 'DELETE' })
  const heard = program.frames.length
  going.resolve()
  await owner.hears('done')
  program.send({ type: 'chat', text: 'still there?', chat_id: 'other' })
  await until('the socket is closed', () => program.closed)
  expect(program.closed?.code).toBe(4001)
  expect(program.frames).toHaveLength(heard)
  expect(JSON.stringify(owner.frames)).toContain('the token that asked for this has ended')
  expect(JSON.stringify(owner.frames)).not.toContain('after 49')
  expect(JSON.stringify(owner.frames)).not.toContain('still there?')
})

test('what the old secret of a rotated token opened ends with the overlap, by itself', async () => {
  const gateway = await startGateway()
  const { secret, id } = await makeToken(gateway, { scopes: ['chat'] })
  const program = await gateway.connect({ headers: { authorization: `Bearer ${secret}` } })
  const rotation = await request(gateway, `/api/v1/tokens/${id}/rotation`, { body: { overlap_minutes: 0.002 } })
  expect(rotation.status).toBe(201)
  await until('the socket of the old secret is closed', () => program.closed)
  expect(program.closed?.code).toBe(4001)
  const fresh = await gateway.connect({ headers: { authorization: `Bearer ${rotation.json.token}` } })
  expect(fresh.closed).toBeNull()
})

test('a stream of events ends with the token that opened it, before its next event', async () => {
  const gateway = await startGateway()
  const { secret, id } = await makeToken(gateway, { scopes: ['chat'] })
  const owner = await gateway.connect()
  await owner.ask('/help')
  const { response, gone, heard } = await openStream(gateway, '/api/v1/chats/main/events', secret)
  expect(response.statusCode).toBe(200)
  await request(gateway, `/api/v1/tokens/${id}`, { method: 'DELETE' })
  await owner.ask('/status')
  await gone
  expect(heard()).not.toContain('uptime')
  expect(response.complete).toBe(false)
})

test('a stream of MCP ends with the token that opened it', async () => {
  const gateway = await startGateway()
  const { secret, id } = await makeToken(gateway, { scopes: ['operate'] })
  const stream = await openMcpStream(gateway, secret)
  const gone = new Promise<void>((resolve) => stream.once('close', () => resolve()))
  stream.on('error', () => undefined).resume()
  await request(gateway, `/api/v1/tokens/${id}`, { method: 'DELETE' })
  await gone
  expect(stream.complete).toBe(false)
})

test('each token has three sockets of its own; the fourth is refused before the upgrade', async () => {
  const gateway = await startGateway()
  const tokens = [await makeToken(gateway, { scopes: ['chat'] }), await makeToken(gateway, { scopes: ['chat'] })]
  for (const { secret } of tokens) {
    const headers = { authorization: `Bearer ${secret}` }
    for (let count = 0; count < 3; count++) await gateway.connect({ headers })
    const refused = await gateway.refusedSocket('/ws', headers)
    expect([refused.status, refused.json.code]).toEqual([429, 'too_many_sessions'])
    expect(refused.headers['retry-after']).toBeDefined()
  }
  await gateway.connect()
})

/** A stream of server-sent events, and what was heard on it. */
async function openStream(gateway: TestGateway, path: string, secret: string) {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const headers = { authorization: `Bearer ${secret}`, accept: 'text/event-stream' }
    httpRequest({ host: '127.0.0.1', port: gateway.port, path, agent: false, headers })
      .once('response', resolve)
      .once('error', reject)
      .end()
  })
  let text = ''
  response
    .on('error', () => undefined)
    .on('data', (chunk) => {
      text += String(chunk)
    })
  const gone = new Promise<void>((resolve) => response.once('close', () => resolve()))
  return { response, gone, heard: () => text }
}

/** Opens a session of MCP 2025-06-18 and its stream of what belongs to no request. */
async function openMcpStream(gateway: TestGateway, secret: string): Promise<IncomingMessage> {
  const headers = { accept: 'application/json, text/event-stream' }
  const params = { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 't', version: '1' } }
  const body = { jsonrpc: '2.0', id: 1, method: 'initialize', params }
  const opened = await request(gateway, '/mcp', { token: secret, headers, body })
  const session = String(opened.headers['mcp-session-id'])
  return new Promise((resolve, reject) => {
    const asking = httpRequest({
      ...{ host: '127.0.0.1', port: gateway.port, path: '/mcp', agent: false },
      headers: { authorization: `Bearer ${secret}`, accept: 'text/event-stream', 'mcp-session-id': session },
    })
    asking.once('response', resolve).once('error', reject).end()
  })
}
