import { CastellanError, type ServerFrame } from '@castellan/contracts'
import { until } from '@castellan/testing'
import { expect, test } from 'vitest'
import { MAX_CALLS } from '../../src/chat/tool-call.ts'
import { textOf, typesOf } from '../support/client.ts'
import { callFor, say, stop } from '../support/engine.ts'
import { startGateway } from '../support/gateway.ts'

const frameOf = <Type extends ServerFrame['type']>(frames: ServerFrame[], type: Type) => {
  return frames.find((frame) => frame.type === type) as Extract<ServerFrame, { type: Type }>
}
const dones = (frames: ServerFrame[]) => frames.filter((frame) => frame.type === 'done').length

test('a question becomes a tool call, its result, an answer and one done', async () => {
  const gateway = await startGateway()
  const client = await gateway.connect()
  const frames = await client.ask('how full are my disks?')

  expect(typesOf(frames).filter((type) => type !== 'status')).toEqual(['tool_use', 'tool_result', 'text', 'done'])
  const use = frameOf(frames, 'tool_use')
  expect(use).toMatchObject({ name: 'disk_usage', args: {}, chat_id: 'main' })
  expect(frameOf(frames, 'tool_result')).toMatchObject({
    ...{ call_id: use.call_id, name: 'disk_usage', ok: true, result: { usedBytes: 42 }, ledger_index: 1 },
    summary: 'disk_usage says {"usedBytes":42}',
  })
  expect(textOf(frames)).toBe('disk_usage says {"usedBytes":42}')
})

test('the model sees the system prompt, the tools and the whole conversation', async () => {
  const gateway = await startGateway()
  const client = await gateway.connect()
  await client.ask('how full are my disks?')
  await client.ask('and now?')

  const { messages, tools } = gateway.engine.requests.at(-1) ?? { messages: [], tools: [] }
  expect(messages.map(({ role }) => role)).toEqual([
    ...['system', 'user', 'assistant', 'tool', 'assistant'],
    ...['user', 'assistant', 'tool'],
  ])
  expect(messages.at(-1)).toMatchObject({ role: 'tool', ok: true, result: { usedBytes: 42 }, ledger_index: 3 })
  expect(tools.map(({ name }) => name)).toEqual(['disk_usage', 'file_write'])
})

test('words go out one by one, as the model says them', async () => {
  const gateway = await startGateway()
  const client = await gateway.connect()
  gateway.engine.answer = () => say('All ', 'is ', 'well.')
  const frames = await client.ask('hello')
  expect(frames.filter(({ type }) => type === 'text')).toHaveLength(3)
  expect(textOf(frames)).toBe('All is well.')
})

test('a tool that fails is an answer for the model, not the end of the turn', async () => {
  const gateway = await startGateway()
  gateway.agentd.tools.set('disk_usage', {
    run: () => {
      throw new CastellanError('unsupported_host', 'There are no disks here.')
    },
  })
  const client = await gateway.connect()
  const frames = await client.ask('how full are my disks?')
  expect(frameOf(frames, 'tool_result')).toMatchObject({
    ok: false,
    result: { code: 'unsupported_host' },
    ledger_index: 1,
  })
  expect(textOf(frames)).toBe('There are no disks here.')
})

test('a call that agentd refuses has no ledger number, and the model hears why', async () => {
  const gateway = await startGateway()
  gateway.agentd.tools.delete('disk_usage')
  const client = await gateway.connect()
  const frames = await client.ask('how full are my disks?')
  expect(frameOf(frames, 'tool_result')).toMatchObject({
    ok: false,
    result: { code: 'unknown_tool' },
    ledger_index: null,
  })
  expect(textOf(frames)).toBe('There is no tool disk_usage.')
})

test('a model that never stops calling is stopped after 12 calls', async () => {
  const gateway = await startGateway()
  gateway.engine.answer = () => callFor('disk_usage')
  const client = await gateway.connect()
  const frames = await client.ask('go on')
  expect(gateway.agentd.calls).toHaveLength(MAX_CALLS)
  expect(frameOf(frames, 'error')).toMatchObject({ code: 'too_many_tool_calls' })
  expect(dones(frames)).toBe(1)

  gateway.engine.answer = () => say('Done.')
  await client.ask('thanks')
  const { messages } = gateway.engine.requests.at(-1) ?? { messages: [] }
  const asked = messages.flatMap((message) => (message.role === 'assistant' ? message.calls : []))
  const answered = messages.flatMap((message) => (message.role === 'tool' ? [message.call_id] : []))
  expect(asked.map(({ call_id }) => call_id)).toEqual(answered)
})

test('an unsure model offers readings, and a number picks one without asking it again', async () => {
  const gateway = await startGateway()
  gateway.engine.answer = () => [
    {
      type: 'choices',
      choices: [
        { name: 'system_health', args: {}, confidence: 0.4, label: 'check the whole machine' },
        { name: 'disk_usage', args: { path: '/' }, confidence: 0.3, label: 'show how full / is' },
      ],
    },
    stop,
  ]
  const client = await gateway.connect()
  const offered = await client.ask('space?')
  expect(frameOf(offered, 'suggestions').suggestions[1]).toEqual({
    ...{ command: '/call disk_usage {"path":"/"}', label: 'show how full / is', confidence: 0.3 },
  })
  expect(textOf(offered)).toBe(
    [
      'I am not sure what you mean. Did you mean one of these?',
      ...['1. check the whole machine', '2. show how full / is', 'Answer with a number, or say it in other words.'],
    ].join('\n'),
  )
  expect(gateway.agentd.calls).toHaveLength(0)

  const picked = await client.ask('2')
  expect(frameOf(picked, 'tool_use')).toMatchObject({ name: 'disk_usage', args: { path: '/' } })
  expect(gateway.engine.requests).toHaveLength(1)

  await client.ask('2')
  expect(gateway.engine.requests).toHaveLength(2)
})

test('abort stops a model in mid-sentence within 100 ms and frees it', async () => {
  const gateway = await startGateway()
  let freed = false
  gateway.engine.answer = async function* (_request, signal) {
    yield { type: 'text', text: 'Well, ' }
    await new Promise((resolve) => signal.addEventListener('abort', resolve))
    freed = true
  }
  const client = await gateway.connect()
  // A machine that is busy elsewhere may stall once, but not each time.
  let best = Number.POSITIVE_INFINITY
  for (let turn = 0; turn < 50 && best >= 100; turn++) {
    const from = client.frames.length
    client.send({ type: 'chat', text: 'tell me everything' })
    await client.hears('text', () => true, from)
    const before = performance.now()
    client.send({ type: 'abort' })
    await client.hears('done', () => true, from)
    best = Math.min(best, performance.now() - before)
  }
  expect(best).toBeLessThan(100)
  expect(typesOf(client.frames)).not.toContain('error')
  await until('the engine is freed', () => freed)
})

test('abort stops a running tool, and its card is closed', async () => {
  const gateway = await startGateway()
  let cancelled = false
  gateway.agentd.tools.set('disk_usage', {
    run: async (_args, signal) => {
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
      cancelled = true
    },
  })
  const client = await gateway.connect()
  client.send({ type: 'chat', text: 'how full are my disks?' })
  await until('the call has arrived', () => gateway.agentd.calls.length === 1)
  client.send({ type: 'abort' })
  await client.hears('done')
  expect(await client.hears('tool_result')).toMatchObject({ ok: false, result: { code: 'cancelled' } })
  await until('the tool is told', () => cancelled)

  gateway.engine.answer = () => say('Here again.')
  expect(textOf(await client.ask('hello'))).toBe('Here again.')
})

test('abort with nothing running says so and ends nothing', async () => {
  const gateway = await startGateway()
  const client = await gateway.connect()
  client.send({ type: 'abort' })
  expect(await client.hears('status', (frame) => frame.state === 'idle')).toMatchObject({ chat_id: 'main' })
  expect(typesOf(client.frames)).not.toContain('done')
})

test('a second message while a turn runs is refused, and another chat goes on undisturbed', async () => {
  const gateway = await startGateway()
  let finish = () => {}
  gateway.engine.answer = async function* ({ messages }) {
    if (messages.some((message) => message.role === 'user' && message.text === 'wait')) {
      await new Promise<void>((resolve) => {
        finish = resolve
      })
    }
    yield* say('There.')
  }
  const client = await gateway.connect()
  client.send({ type: 'chat', text: 'wait' })
  await client.hears('status', (frame) => frame.state === 'thinking')
  client.send({ type: 'chat', text: 'and this?' })
  expect(await client.hears('error')).toMatchObject({ code: 'turn_in_progress', chat_id: 'main' })
  expect(textOf(await client.ask('hello', 'side'))).toBe('There.')
  await until('the engine was asked', () => gateway.engine.requests.length === 2)
  finish()
  await client.hears('done', (frame) => frame.chat_id === 'main')
})

test('a model that is still loading is waited for', async () => {
  const gateway = await startGateway()
  gateway.engine.state = 'loading'
  const client = await gateway.connect()
  client.send({ type: 'chat', text: 'how full are my disks?' })
  await client.hears('status', (frame) => frame.state === 'loading')
  gateway.engine.state = 'ready'
  await client.hears('done')
  expect(textOf(client.frames)).toContain('usedBytes')
})

test('a model that does not get ready in time ends the turn with engine_loading', async () => {
  const gateway = await startGateway({ server: { patience: { loadingMs: 30, absentMs: 10, pollMs: 5 } } })
  gateway.engine.state = 'loading'
  const client = await gateway.connect()
  const frames = await client.ask('hello')
  expect(frameOf(frames, 'error')).toMatchObject({ code: 'engine_loading' })
  expect(dones(frames)).toBe(1)
})

test('a model that cannot be loaded ends the turn at once', async () => {
  const gateway = await startGateway()
  gateway.engine.state = 'loading'
  const client = await gateway.connect()
  client.send({ type: 'chat', text: 'hello' })
  await client.hears('status', (frame) => frame.state === 'loading')
  gateway.engine.state = 'failed'
  expect(await client.hears('error')).toMatchObject({ code: 'model_invalid' })
})

test('without an engine a question fails with engine_unavailable, and commands work', async () => {
  const gateway = await startGateway({ engine: false })
  const client = await gateway.connect()
  const frames = await client.ask('hello')
  expect(frameOf(frames, 'error')).toMatchObject({ code: 'engine_unavailable' })
  expect(dones(frames)).toBe(1)
  expect(textOf(await client.ask('/call disk_usage'))).toContain('usedBytes')
})

test('an engine that dies in mid-sentence is reported, and the chat goes on with the next one', async () => {
  const gateway = await startGateway()
  gateway.engine.answer = async function* () {
    yield { type: 'text', text: 'I feel ' }
    throw new Error('killed')
  }
  const client = await gateway.connect()
  const frames = await client.ask('how are you?')
  expect(frameOf(frames, 'error')).toMatchObject({ code: 'engine_crashed' })
  expect(dones(frames)).toBe(1)

  gateway.engine.answer = () => say('Better.')
  expect(textOf(await client.ask('and now?'))).toBe('Better.')
  const { messages } = gateway.engine.requests.at(-1) ?? { messages: [] }
  expect(messages.map(({ role }) => role)).toEqual(['system', 'user'])
})

test('an error that the engine reports itself keeps its code', async () => {
  const gateway = await startGateway()
  gateway.engine.answer = () => [{ type: 'error', error: { code: 'engine_crashed', message: 'llama.cpp died.' } }]
  const client = await gateway.connect()
  expect(frameOf(await client.ask('hello'), 'error')).toMatchObject({
    code: 'engine_crashed',
    message: 'llama.cpp died.',
  })
})

test('a conversation that has outgrown the model loses its oldest exchanges and goes on', async () => {
  const gateway = await startGateway()
  gateway.engine.answer = ({ messages }) => {
    if (messages.length > 4) throw new CastellanError('context_full', 'Too long.')
    return say('Yes.')
  }
  const client = await gateway.connect()
  for (const text of ['one', 'two', 'three', 'four']) expect(textOf(await client.ask(text))).toBe('Yes.')
  const { messages } = gateway.engine.requests.at(-1) ?? { messages: [] }
  expect(messages.flatMap((message) => (message.role === 'user' ? [message.text] : []))).toEqual(['three', 'four'])
})

test('without agentd a question fails with agentd_unavailable', async () => {
  const gateway = await startGateway({ agentd: false })
  const client = await gateway.connect()
  const frames = await client.ask('how full are my disks?')
  expect(frameOf(frames, 'error')).toMatchObject({ code: 'agentd_unavailable' })
  expect(dones(frames)).toBe(1)
})

test('agentd going away during a call closes its card and the turn', async () => {
  const gateway = await startGateway()
  gateway.agentd.tools.set('disk_usage', { run: () => new Promise(() => {}) })
  const client = await gateway.connect()
  client.send({ type: 'chat', text: 'how full are my disks?' })
  await until('the call has arrived', () => gateway.agentd.calls.length === 1)
  await gateway.agentd.close()
  await client.hears('done')
  const types = typesOf(client.frames).filter((type) => type !== 'status')
  expect(types).toEqual(['tool_use', 'tool_result', 'error', 'done'])
})

test('a question asked while agentd restarts waits for it', async () => {
  const gateway = await startGateway({ server: { patience: { loadingMs: 60_000, absentMs: 60_000, pollMs: 10 } } })
  await gateway.agentd.close()
  const client = await gateway.connect()
  client.send({ type: 'chat', text: 'how full are my disks?' })
  await client.hears('status', (frame) => frame.state === 'loading')
  const restarted = gateway.agentd.reborn()
  await restarted.listen(gateway.config.agentSocket)
  await client.hears('done')
  expect(textOf(client.frames)).toContain('usedBytes')
  await restarted.close()
})
