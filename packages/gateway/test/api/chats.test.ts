import { until } from '@castellan/testing'
import { expect, test } from 'vitest'
import { makeToken, request } from '../support/api.ts'
import { callFor, say } from '../support/engine.ts'
import { startGateway, type TestGateway } from '../support/gateway.ts'

type Json = Record<string, never> & { items: Record<string, unknown>[]; next_cursor: string | null }
const get = async (gateway: TestGateway, path: string) => (await request(gateway, path)).json as unknown as Json

test('a chat is begun, renamed, listed and deleted, with what was said in it', async () => {
  const gateway = await startGateway()
  const made = await request(gateway, '/api/v1/chats', { body: { chat_id: 'disks', title: 'Disks' } })
  expect([made.status, made.json]).toMatchObject([
    201,
    { chat_id: 'disks', title: 'Disks', agent: 'main', last_seq: 0 },
  ])
  expect((await request(gateway, '/api/v1/chats', { body: { chat_id: 'disks' } })).json.code).toBe('already_exists')
  const fresh = await request(gateway, '/api/v1/chats', { body: {} })
  expect(fresh.json.chat_id).toMatch(/^chat-/)
  const patch = { method: 'PATCH', body: { title: 'All disks' } }
  expect((await request(gateway, '/api/v1/chats/disks', patch)).json.title).toBe('All disks')
  await request(gateway, '/api/v1/chats/disks/turns', { body: { text: '/help' } })
  const page = await get(gateway, '/api/v1/chats?limit=1')
  expect(page.items[0]).toMatchObject({ chat_id: 'disks', title: 'All disks', running: false, last_seq: 3 })
  const rest = await get(gateway, `/api/v1/chats?limit=1&cursor=${page.next_cursor}`)
  expect([rest.items.map(({ chat_id }) => chat_id), rest.next_cursor]).toEqual([[fresh.json.chat_id], null])
  expect((await request(gateway, '/api/v1/chats/disks', { method: 'DELETE' })).status).toBe(204)
  expect((await request(gateway, '/api/v1/chats/disks')).status).toBe(404)
  expect((await request(gateway, '/api/v1/chats/disks', { method: 'DELETE' })).status).toBe(404)
  expect((await get(gateway, '/api/v1/chats/disks/transcript')).entries).toEqual([])
})

test('a turn is answered whole, and one that only begins is on disk before its 202', async () => {
  const gateway = await startGateway()
  gateway.engine.answer = () => say('All ', 'is well.')
  const turn = await request(gateway, '/api/v1/chats/main/turns', { body: { text: 'how?' } })
  expect(turn.json).toMatchObject({ chat_id: 'main', seq: 1, state: 'done', text: 'All is well.' })
  expect((turn.json.frames as { type: string }[]).map(({ type }) => type)).toEqual(['text', 'done'])
  const sent = await request(gateway, '/api/v1/chats/main/messages', { body: { text: 'and now?' } })
  expect([sent.status, sent.json]).toEqual([202, { chat_id: 'main', seq: 5 }])
  await until('it is answered', async () => (await get(gateway, '/api/v1/chats/main')).running === (false as never))
  const messages = await get(gateway, '/api/v1/chats/main/messages')
  expect(messages.items.map(({ role, text }) => [role, text])).toEqual([
    ['agent', 'All is well.'],
    ['person', 'and now?'],
    ['agent', 'All is well.'],
    ['person', 'how?'],
  ])
  const first = await get(gateway, '/api/v1/chats/main/messages?limit=3')
  expect((await get(gateway, `/api/v1/chats/main/messages?limit=3&cursor=${first.next_cursor}`)).items).toHaveLength(1)
})

test('a turn that needs a person, or more time, is answered with what there is and goes on', async () => {
  const gateway = await startGateway()
  gateway.engine.answer = ({ messages }) =>
    messages.at(-1)?.role === 'tool' ? say('Written.') : callFor('file_write', { path: 'a' })
  const turn = await request(gateway, '/api/v1/chats/main/turns', { body: { text: 'write it' } })
  expect(turn.json).toMatchObject({ state: 'waiting' })
  const again = await request(gateway, '/api/v1/chats/main/turns', { body: { text: 'write it' } })
  expect(again.json.code).toBe('turn_in_progress')
  expect((await request(gateway, '/api/v1/chats/main', { method: 'DELETE' })).json.code).toBe('turn_in_progress')
  expect((await request(gateway, '/api/v1/chats/main/abort', { method: 'POST' })).json).toEqual({ aborted: true })
  await until('it is over', async () => (await get(gateway, '/api/v1/chats/main')).running === (false as never))
  expect((await request(gateway, '/api/v1/chats/main/abort', { method: 'POST' })).json).toEqual({ aborted: false })
  let answer = () => {}
  gateway.engine.answer = async function* () {
    await new Promise<void>((resolve) => {
      answer = resolve
    })
    yield* say('Late.')
  }
  const soon = await request(gateway, '/api/v1/chats/main/turns', { body: { text: 'slowly', wait_s: 0 } })
  expect(soon.json).toMatchObject({ state: 'running', text: '' })
  answer()
})

test('words are found in all chats', async () => {
  const gateway = await startGateway()
  gateway.engine.answer = () => say('The zebra is striped.')
  for (const chat of ['one', 'two'])
    await request(gateway, `/api/v1/chats/${chat}/turns`, { body: { text: 'what of zebras?' } })
  const found = await get(gateway, '/api/v1/messages?q=zebra&limit=3')
  expect(found.items.map(({ chat_id, role }) => [chat_id, role])).toEqual([
    ['two', 'agent'],
    ['two', 'person'],
    ['one', 'agent'],
  ])
  expect(found.items[0]?.excerpt).toBe('The «zebra» is striped.')
  const rest = await get(gateway, `/api/v1/messages?q=zebra&limit=3&cursor=${found.next_cursor}`)
  expect(rest.items.map(({ chat_id }) => chat_id)).toEqual(['one'])
  expect((await get(gateway, '/api/v1/messages?q=zebra&chat_id=one')).items).toHaveLength(2)
  expect((await request(gateway, '/api/v1/messages?q=zebra&cursor=nonsense')).json.code).toBe('invalid_request')
})

test('a chat is exported as a page to read and as JSON, whatever is in it', async () => {
  const gateway = await startGateway()
  gateway.agentd.tools.set('disk_usage', { run: () => ({ text: '```\nnot the end\n````' }) })
  const client = await gateway.connect()
  await client.ask('/call disk_usage {}')
  const page = await request(gateway, '/api/v1/chats/main/export/markdown')
  expect(page.headers['content-type']).toContain('text/markdown')
  expect(page.text).toContain('**You**')
  expect(page.text).toContain('`````json')
  const lines = (await request(gateway, '/api/v1/chats/main/export/json')).text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(lines[0]).toMatchObject({ chat_id: 'main' })
  expect(lines.slice(1).map(({ frame }) => frame.type)).toEqual(['asked', 'tool_use', 'tool_result', 'text', 'done'])
  expect((await request(gateway, '/api/v1/chats/none/export/json')).status).toBe(404)
})

test('chats keep their agent, and a token for one agent sees the chats of that one alone', async () => {
  const gateway = await startGateway()
  const put = (agent: string, prompt: string) =>
    request(gateway, `/api/v1/agents/${agent}`, { method: 'PUT', body: { prompt } })
  expect((await put('watch', 'You watch.')).json).toMatchObject({ name: 'watch', prompt_source: 'inline' })
  gateway.engine.answer = ({ messages }) => say(messages[0]?.role === 'system' ? messages[0].text.slice(0, 12) : '')
  const ask = async (chat: string, body: Record<string, unknown>) =>
    (await request(gateway, `/api/v1/chats/${chat}/turns`, { body: { text: 'who are you?', ...body } })).json
  expect(await ask('night', { agent: 'watch' })).toMatchObject({ text: 'You watch.' })
  expect(await ask('night', { agent: 'main' })).toMatchObject({ code: 'conflict' })
  expect(await ask('other', { agent: 'nobody' })).toMatchObject({ code: 'not_found' })
  await ask('main', {})
  await put('watch', 'You sleep.')
  expect(await ask('night', {})).toMatchObject({ text: 'You watch.' })
  expect(await ask('night-2', { agent: 'watch' })).toMatchObject({ text: 'You sleep.' })
  await request(gateway, '/api/v1/chats/night/renew', { method: 'POST' })
  expect(await ask('night', {})).toMatchObject({ text: 'You sleep.' })

  const { secret } = await makeToken(gateway, { scopes: ['chat'], agent: 'watch' })
  const asWatch = async (path: string, body?: unknown) =>
    (await request(gateway, path, { token: secret, ...(body === undefined ? {} : { body }) })).json as unknown as Json
  expect((await asWatch('/api/v1/chats')).items.map(({ chat_id }) => chat_id).sort()).toEqual(['night', 'night-2'])
  for (const path of ['', '/transcript', '/messages', '/export/json', '/events']) {
    expect(await asWatch(`/api/v1/chats/main${path}`), path).toMatchObject({ code: 'forbidden' })
  }
  expect((await asWatch('/api/v1/messages?q=who')).items.every(({ chat_id }) => chat_id !== 'main')).toBe(true)
  expect(await asWatch('/api/v1/chats/main/turns', { text: 'hello' })).toMatchObject({ code: 'forbidden' })
  expect(await asWatch('/api/v1/chats/theirs/turns', { text: 'hello' })).toMatchObject({ state: 'done' })
})

test('reading agents.json again drops no socket, and a bad one is told to all of them', async () => {
  const gateway = await startGateway()
  const client = await gateway.connect()
  const { writeFileSync } = await import('node:fs')
  const file = `${gateway.folder}/gateway/agents.json`
  writeFileSync(file, JSON.stringify({ version: 1, agents: { main: { prompt: 'New words.' } } }))
  await gateway.app.reloadAgents()
  expect((await get(gateway, '/api/v1/agents/main')).prompt).toBe('New words.')
  writeFileSync(file, '{ no JSON')
  await gateway.app.reloadAgents()
  expect((await client.hears('notice')).text).toMatch(/agents.json does not fit.*The agents from before stay/)
  expect(await get(gateway, '/api/v1/agents')).toMatchObject({ problem: expect.stringContaining('does not fit') })
  expect((await request(gateway, '/api/v1/agents/reload', { method: 'POST' })).json.code).toBe('agents_invalid')
  expect((await get(gateway, '/api/v1/agents/main')).prompt).toBe('New words.')
  expect(client.closed).toBeNull()
})
