import { until } from '@castellan/testing'
import { expect, test } from 'vitest'
import { say } from '../../gateway/test/support/engine.ts'
import { startGateway } from '../../gateway/test/support/gateway.ts'
import { type ChatFrame, createClient } from '../src/index.ts'
import { CuttingProxy } from './support/proxy.ts'

const textOf = (frames: readonly ChatFrame[]) =>
  frames.map((frame) => (frame.type === 'text' ? frame.text : '')).join('')

test('with the gateway itself: a chat, a call with its approval, a listing, a stream and a refusal', async () => {
  const gateway = await startGateway()
  const castellan = createClient({ url: gateway.url, token: gateway.token })
  expect((await castellan.getHealth()).status).toBe('ok')

  const heard: ChatFrame[] = []
  for await (const frame of castellan.chat().ask('how full are my disks?')) heard.push(frame)
  expect(textOf(heard)).toContain('disk_usage says')
  expect(heard.map(({ type }) => type)).toEqual(expect.arrayContaining(['tool_use', 'tool_result', 'text', 'done']))
  expect((await castellan.listChats()).items).toMatchObject([{ chat_id: 'main' }])

  const outcome = await castellan.callTool(
    'file_write',
    { path: 'x' },
    {
      onWaiting: (id) => {
        void castellan.decideApproval({ params: { approval_id: id }, body: { verdict: 'approve' } })
      },
    },
  )
  expect(outcome).toMatchObject({ ok: true, tool: 'file_write' })

  const tools: string[] = []
  for await (const { name } of castellan.each('listTools', { query: { limit: 1 } })) tools.push(name)
  expect(tools).toEqual(['disk_usage', 'file_write'])

  gateway.engine.answer = () => say('Good ', 'day.')
  let words = ''
  const body = { model: 'any', messages: [{ role: 'user' as const, content: 'hello' }], stream: true }
  for await (const { choices } of castellan.events('createChatCompletion', { body }))
    words += choices[0]?.delta.content ?? ''
  expect(words).toBe('Good day.')

  const refused = createClient({ url: gateway.url, token: `cst_${'A'.repeat(43)}` })
  await expect(refused.listTools()).rejects.toMatchObject({ code: 'unauthorized', status: 401 })
  await expect(refused.chat().ask('hello').next()).rejects.toMatchObject({ code: 'unauthorized' })
})

test('a turn is heard whole although its connections are cut again and again', async () => {
  const proxy = new CuttingProxy()
  const url = `http://127.0.0.1:${await proxy.start()}`
  const gateway = await startGateway({ config: { publicOrigins: [url] } })
  proxy.target = gateway.port
  const castellan = createClient({ url, token: gateway.token })
  const words = Array.from({ length: 100 }, (_, place) => `${place} `)
  // The model goes on when the client has heard what came before a cut, so that every cut is in the middle.
  let heardUntil = 0
  gateway.engine.answer = async function* () {
    for (const [place, word] of words.entries()) {
      if (place % 20 === 19) await until('the client is there', () => heardUntil >= place - 1)
      yield { type: 'text', text: word }
    }
    yield* say()
  }
  const heard: ChatFrame[] = []
  for await (const frame of castellan.chat().ask('count')) {
    heard.push(frame)
    const before = heardUntil
    heardUntil = textOf(heard).split(' ').length - 1
    if (Math.floor(heardUntil / 20) !== Math.floor(before / 20)) proxy.cut()
  }
  expect(textOf(heard)).toBe(words.join(''))
  expect(heard.filter(({ type }) => type === 'done')).toHaveLength(1)
})
