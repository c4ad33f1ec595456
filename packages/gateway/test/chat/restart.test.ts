import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { request } from '../support/api.ts'
import { textOf } from '../support/client.ts'
import { say } from '../support/engine.ts'
import { startGateway } from '../support/gateway.ts'

test('a chat goes on after a restart: its transcript, its session, and what the model was told', async () => {
  const first = await startGateway()
  first.engine.answer = () => say('The disks ', 'are fine.')
  const client = await first.connect()
  await client.ask('how full are my disks?')
  await client.ask('/call disk_usage {}')
  await client.ask('/help')
  const session = first.agentd.calls[0]?.session
  const before = await request(first, '/api/v1/chats/main/transcript')
  await first.stop()

  const second = await startGateway({ folder: first.folder })
  const after = await request(second, '/api/v1/chats/main/transcript')
  expect(after.json).toEqual(before.json)
  second.engine.answer = () => say('As I said.')
  const again = await second.connect()
  const heard = await again.ask('and now?')
  expect(textOf(heard)).toBe('As I said.')
  const messages = second.engine.requests.at(-1)?.messages ?? []
  expect(messages.slice(1).map(({ role }) => role)).toEqual([
    ...['user', 'assistant', 'user', 'assistant', 'tool', 'assistant', 'user'],
  ])
  expect(JSON.stringify(messages)).toContain('The disks are fine.')
  expect(JSON.stringify(messages)).not.toContain('/help')
  await again.ask('/call disk_usage {}')
  expect(second.agentd.calls[0]?.session).toBe(session)
  expect(heard.at(-1)).toMatchObject({ type: 'done', seq: Number(before.json.last_seq) + 3 })
})

test('more chats than fit into memory are all there, as they were', async () => {
  const gateway = await startGateway()
  gateway.engine.answer = ({ messages }) => say(`heard ${messages.filter(({ role }) => role === 'user').length}`)
  const client = await gateway.connect()
  for (let chat = 0; chat < 70; chat++) await client.ask('hello', `chat-${chat}`)
  expect(textOf(await client.ask('hello again', 'chat-0'))).toBe('heard 2')
  const { json } = await request(gateway, '/api/v1/chats?limit=200')
  expect((json as unknown as { items: unknown[] }).items).toHaveLength(70)
})

test('conversations that cannot be read are said to be so, and nothing else is kept from working', async () => {
  const first = await startGateway()
  await (await first.connect()).ask('/help')
  await first.stop()
  const path = join(first.folder, 'gateway', 'conversations.db')
  writeFileSync(path, Buffer.concat([Buffer.alloc(4096, 7), readFileSync(path).subarray(4096)]))
  const second = await startGateway({ folder: first.folder })
  expect((await second.ask('/health')).status).toBe(200)
  const client = await second.connect()
  client.send({ type: 'chat', text: '/help' })
  expect(await client.hears('error')).toMatchObject({ code: 'conversations_unreadable', chat_id: 'main' })
  expect((await request(second, '/api/v1/chats')).json.code).toBe('conversations_unreadable')
  expect((await request(second, '/api/v1/insights')).status).toBe(200)
  expect(client.closed).toBeNull()
})
