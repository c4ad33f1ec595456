import type { ServerFrame } from '@castellan/contracts'
import { expect, test } from 'vitest'
import { makeToken, request } from '../support/api.ts'
import { textOf } from '../support/client.ts'
import { startGateway } from '../support/gateway.ts'

const errorOf = (frames: ServerFrame[]) => frames.find((frame) => frame.type === 'error')

test('a chat is held to a mode by command: its calls say so, others do not, and a restart changes nothing', async () => {
  const gateway = await startGateway()
  const client = await gateway.connect()
  await client.ask('/call disk_usage')
  expect(textOf(await client.ask('/mode observe'))).toContain('held to observe')
  await client.ask('/call disk_usage')
  await client.ask('/call disk_usage', 'other')
  expect(gateway.agentd.calls.map(({ mode }) => mode)).toEqual([undefined, 'observe', undefined])
  await gateway.stop()

  const next = await startGateway({ folder: gateway.folder })
  const again = await next.connect()
  await again.ask('/call disk_usage')
  expect(next.agentd.calls[0]?.mode).toBe('observe')
  expect((await request(next, '/api/v1/chats/main')).json.mode).toBe('observe')
  expect(textOf(await again.ask('/mode none'))).toContain('mode of its session alone')
  await again.ask('/call disk_usage')
  expect(next.agentd.calls[1]?.mode).toBeUndefined()
})

test.each([
  ['/mode operate', /agentctl session mode/],
  ['/mode widest', /no mode widest/],
])('%s is refused: nobody is let do more by a chat', async (text, message) => {
  const gateway = await startGateway()
  const client = await gateway.connect()
  expect(errorOf(await client.ask(text))).toMatchObject({
    code: 'invalid_arguments',
    message: expect.stringMatching(message),
  })
  expect(textOf(await client.ask('/mode'))).toContain('mode of its session alone')
})

test('the API holds a chat too and everyone hears it; a token that may only chat may not, and nobody may widen', async () => {
  const gateway = await startGateway()
  const client = await gateway.connect()
  await client.ask('/help')
  const put = (mode: unknown, token?: string) =>
    request(gateway, '/api/v1/chats/main/mode', {
      method: 'PUT',
      body: { mode },
      ...(token === undefined ? {} : { token }),
    })
  expect(await put('sensitive')).toMatchObject({ status: 200, json: { mode: 'sensitive' } })
  expect(await client.hears('mode')).toMatchObject({ mode: 'sensitive', chat_id: 'main' })
  expect((await put('operate')).status).toBe(400)
  const chatOnly = await makeToken(gateway, { scopes: ['chat'] })
  expect((await put(null, chatOnly.secret)).status).toBe(403)
  expect((await request(gateway, '/api/v1/chats/nowhere/mode', { method: 'PUT', body: { mode: null } })).status).toBe(
    404,
  )
})

test('progress of a call is told while it runs and kept nowhere', async () => {
  const gateway = await startGateway()
  gateway.agentd.tools.set('disk_usage', {
    run: (_, __, tell) => {
      tell({ message: 'halfway', done: 1, total: 2 })
      return {}
    },
  })
  const client = await gateway.connect()
  const frames = await client.ask('/call disk_usage')
  const use = frames.find((frame) => frame.type === 'tool_use')
  expect(frames.find(({ type }) => type === 'progress')).toEqual({
    ...{ type: 'progress', call_id: use?.type === 'tool_use' ? use.call_id : '', chat_id: 'main' },
    ...{ message: 'halfway', done: 1, total: 2 },
  })
  expect(frames.map(({ type }) => type).indexOf('progress')).toBeLessThan(
    frames.map(({ type }) => type).indexOf('tool_result'),
  )
  const { json } = await request(gateway, '/api/v1/chats/main/transcript')
  expect(JSON.stringify(json)).not.toContain('halfway')
})

test('what a chat used is summed over all its turns, and what was not told is said', async () => {
  const gateway = await startGateway()
  gateway.engine.kind = 'chat'
  gateway.engine.contextTokens = 8192
  const client = await gateway.connect()
  expect(textOf(await client.ask('/usage'))).toContain('No model has told')
  await client.ask('how full?')
  await client.ask('and now?')
  const { json } = await request(gateway, '/api/v1/chats/main/usage')
  expect(json).toMatchObject({ chat_id: 'main', turns: 2, output_tokens: 4, cost: 0, uncounted: 0, unpriced: 0 })
  expect(textOf(await client.ask('/usage'))).toContain('2 turns: 4 tokens in')
  expect(textOf(await client.ask('/agent'))).toMatch(/agent: main.*\nengine: llama.*\nIt thinks on this machine/)
})
