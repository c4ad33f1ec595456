import { FreezeId } from '@castellan/contracts'
import { ChatCompletion, ChatCompletionChunk, EmbeddingList } from '@castellan/contracts/api'
import { until } from '@castellan/testing'
import { describe, expect, test } from 'vitest'
import { callFor, say } from '../support/engine.ts'
import { startGateway, type TestGateway } from '../support/gateway.ts'

const ask = (gateway: TestGateway, body: object, path = '/v1/chat/completions') =>
  gateway.ask(path, {
    method: 'POST',
    headers: { authorization: `Bearer ${gateway.token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })

const hello = { model: 'any', messages: [{ role: 'user', content: 'hello' }] }

test('a conversation is answered by the model on this machine, in OpenAI’s shape', async () => {
  const gateway = await startGateway()
  gateway.engine.answer = () => say('Good ', 'day.')
  const answer = await ask(gateway, {
    ...hello,
    messages: [
      { role: 'system', content: 'Be kind.' },
      { role: 'user', content: [{ type: 'text', text: 'hello' }] },
    ],
    max_tokens: 7,
    temperature: 1,
    top_p: 0.9,
  })
  expect(answer.status).toBe(200)
  const { model, choices, usage } = ChatCompletion.parse(answer.json)
  expect([model, choices[0]?.message.content, choices[0]?.finish_reason]).toEqual(['stand-in', 'Good day.', 'stop'])
  expect(usage).toEqual({ prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 })
  expect(gateway.engine.requests[0]).toMatchObject({
    messages: [
      { role: 'system', text: 'Be kind.' },
      { role: 'user', text: 'hello' },
    ],
    maxTokens: 7,
    temperature: 1,
    tools: [],
  })
})

test('a stream has the same words in pieces, and ends with [DONE]', async () => {
  const gateway = await startGateway()
  gateway.engine.answer = () => say('Good ', 'day.')
  const answer = await ask(gateway, { ...hello, stream: true, stream_options: { include_usage: true } })
  expect(answer.headers['content-type']).toBe('text/event-stream')
  const events = answer.text.split('\n\n').filter(Boolean)
  expect(events.at(-1)).toBe('data: [DONE]')
  const chunks = events.slice(0, -1).map((event) => ChatCompletionChunk.parse(JSON.parse(event.slice(6))))
  expect(chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('')).toBe('Good day.')
  expect(chunks.at(-2)?.choices[0]?.finish_reason).toBe('stop')
  expect(chunks.at(-1)?.usage?.total_tokens).toBe(2)
})

test('tools are handed on, and what the model asks for is the caller’s to run', async () => {
  const gateway = await startGateway()
  gateway.engine.answer = ({ messages }) => {
    const last = messages.at(-1)
    return last?.role === 'tool' ? say(`It is ${last.summary}.`) : callFor('get_weather', { city: 'Oslo' })
  }
  const tools = [{ type: 'function', function: { name: 'get_weather', parameters: { type: 'object' } } }]
  const first = ChatCompletion.parse((await ask(gateway, { ...hello, tools })).json).choices[0]
  expect(first?.finish_reason).toBe('tool_calls')
  const [call] = first?.message.tool_calls ?? []
  expect(JSON.parse(call?.function.arguments ?? '')).toEqual({ city: 'Oslo' })
  const messages = [...hello.messages, first?.message, { role: 'tool', tool_call_id: call?.id, content: 'raining' }]
  const second = ChatCompletion.parse((await ask(gateway, { ...hello, messages, tools })).json)
  expect(second.choices[0]?.message.content).toBe('It is raining.')
  expect(gateway.agentd.calls).toEqual([])
})

test('ids of calls that other models made up are taken as well', async () => {
  const gateway = await startGateway()
  gateway.engine.answer = () => say('ok')
  const call = { id: 'x!', type: 'function', function: { name: 'get_weather', arguments: '{"city":"Oslo"}' } }
  const messages = [
    ...hello.messages,
    { role: 'assistant', content: null, tool_calls: [call] },
    { role: 'tool', tool_call_id: 'x!', content: '{"c":4}' },
  ]
  expect((await ask(gateway, { ...hello, messages })).status).toBe(200)
  const [, asked, answered] = gateway.engine.requests[0]?.messages ?? []
  if (asked?.role !== 'assistant' || answered?.role !== 'tool') throw new Error('the messages are others')
  expect(asked.calls[0]?.call_id).toBe(answered.call_id)
  expect(answered.result).toEqual({ c: 4 })
})

test.each([
  ['a tool whose name OpenAI does not take', { tools: [{ type: 'function', function: { name: 'get weather' } }] }],
  ['several choices', { n: 2 }],
  ['a demand for a call without tools', { tool_choice: 'required' }],
  ['a demand for a tool that is not there', { tool_choice: { type: 'function', function: { name: 'x' } } }],
  ['a form of answer that nobody knows', { response_format: { type: 'xml' } }],
  ['an image', { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'x' } }] }] }],
  ['an answer to nothing', { messages: [{ role: 'tool', tool_call_id: 'call_none', content: 'x' }] }],
])('%s is refused in OpenAI’s shape', async (_, more) => {
  const answer = await ask(await startGateway(), { ...hello, ...more })
  expect(answer.status).toBe(400)
  expect(answer.json.error).toMatchObject({ type: 'invalid_request_error', code: 'invalid_request', param: null })
})

test('without a credential, or with a model that loads, the refusal has its status and OpenAI’s shape', async () => {
  const gateway = await startGateway()
  const stranger = await gateway.ask('/v1/models')
  expect([stranger.status, (stranger.json.error as { code: string }).code]).toEqual([401, 'unauthorized'])
  gateway.engine.state = 'loading'
  for (const stream of [false, true]) {
    const answer = await ask(gateway, { ...hello, stream })
    expect([answer.status, (answer.json.error as { code: string }).code]).toEqual([503, 'engine_loading'])
    expect(answer.headers['x-request-id']).toBeDefined()
  }
})

test('what fails within a stream is its last event', async () => {
  const gateway = await startGateway()
  gateway.engine.answer = () => [
    { type: 'text', text: 'Well' },
    { type: 'error', error: { code: 'engine_crashed', message: 'The model is gone.' } },
  ]
  const answer = await ask(gateway, { ...hello, stream: true })
  const last = answer.text.trim().split('\n\n').at(-1) ?? ''
  expect(JSON.parse(last.slice(6)).error).toMatchObject({ code: 'engine_crashed', message: 'The model is gone.' })
})

test('who stops reading frees the engine', async () => {
  const gateway = await startGateway()
  let freed = false
  gateway.engine.answer = async function* (_, signal) {
    signal.addEventListener('abort', () => {
      freed = true
    })
    yield { type: 'text', text: 'word' }
    await new Promise((resolve) => signal.addEventListener('abort', resolve))
  }
  const gone = new AbortController()
  const response = await fetch(`${gateway.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${gateway.token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ ...hello, stream: true }),
    signal: gone.signal,
  })
  await response.body?.getReader().read()
  gone.abort()
  await until('the engine is free', () => freed)
})

test('the model is listed, and found by its name alone', async () => {
  const gateway = await startGateway()
  const read = (path: string) => gateway.ask(path, { headers: { authorization: `Bearer ${gateway.token}` } })
  const { json } = await read('/v1/models')
  expect(json).toMatchObject({ object: 'list', data: [{ id: 'stand-in', object: 'model' }] })
  expect((await read('/v1/models/stand-in')).json).toMatchObject({ id: 'stand-in', object: 'model' })
  const other = await read('/v1/models/gpt-4')
  expect([other.status, other.json.error]).toMatchObject([404, { code: 'not_found', type: 'invalid_request_error' }])
})

test('while agents are frozen the refusal says so, by whom, and what thaws them', async () => {
  const gateway = await startGateway()
  const id = FreezeId.parse('frz_0123456789')
  gateway.agentd.freeze({ id, level: 1, at: '2026-01-01T00:00:00.000Z', reason: 'strange logins' })
  await gateway.engine.close()
  const answer = await until('the gateway knows', async () => {
    const answer = await ask(gateway, hello)
    return answer.status === 423 ? answer : undefined
  })
  expect(answer.json.error).toMatchObject({
    code: 'agents_frozen',
    message: expect.stringMatching(/All agents are frozen \(strange logins\).*agentctl thaw/),
  })
})

describe('tools by any name that OpenAI takes', () => {
  const tool = (name: string) => ({ type: 'function', function: { name, parameters: { type: 'object' } } })

  test('are asked for by that name, and known by it in what was said before', async () => {
    const gateway = await startGateway()
    const names = ['getWeather', 'get-weather', 'get_weather', 'HTTPServer2', '-_-', '1st', 'x'.repeat(64)]
    gateway.engine.answer = ({ tools }) => [
      ...tools.flatMap(({ name }) => callFor(name).slice(0, 1)),
      ...callFor('get_weather').slice(1),
    ]
    const { json } = await ask(gateway, { ...hello, tools: names.map(tool) })
    const message = ChatCompletion.parse(json).choices[0]?.message
    expect(message?.tool_calls?.map((call) => call.function.name)).toEqual(names)
    const wire = gateway.engine.requests[0]?.tools.map(({ name }) => String(name)) ?? []
    expect(new Set(wire).size).toBe(names.length)
    expect(wire[2]).toBe('get_weather')
    gateway.engine.answer = () => say('ok')
    const results = message?.tool_calls?.map(({ id }) => ({ role: 'tool', tool_call_id: id, content: 'x' })) ?? []
    await ask(gateway, { ...hello, messages: [...hello.messages, message, ...results], tools: names.map(tool) })
    const asked = gateway.engine.requests[1]?.messages[1]
    expect(asked?.role === 'assistant' ? asked.calls.map(({ name }) => name) : []).toEqual(wire)
    expect((await ask(gateway, { ...hello, tools: [tool('é')] })).status).toBe(400)
  })

  test('can be withheld, demanded, or named one by one', async () => {
    const gateway = await startGateway()
    gateway.engine.answer = ({ tools }) => (tools[0] === undefined ? say('none') : callFor(tools[0].name))
    const tools = [tool('first'), tool('second')]
    const offered = async (tool_choice: unknown) => {
      const { json } = await ask(gateway, { ...hello, tools, tool_choice })
      const [call] = ChatCompletion.parse(json).choices[0]?.message.tool_calls ?? []
      return [gateway.engine.requests.at(-1)?.tools.map(({ name }) => name), call?.function.name]
    }
    expect(await offered('none')).toEqual([[], undefined])
    expect(await offered('auto')).toEqual([['first', 'second'], 'first'])
    expect(await offered('required')).toEqual([['first', 'second'], 'first'])
    expect(await offered({ type: 'function', function: { name: 'second' } })).toEqual([['second'], 'second'])
  })

  test.each([false, true])(
    'that are demanded and not called are asked for again, and then refused (stream %s)',
    async (stream) => {
      const gateway = await startGateway()
      const demand = { ...hello, tools: [tool('first')], tool_choice: 'required', stream }
      gateway.engine.answer = () => (gateway.engine.requests.length < 2 ? say('Well.') : callFor('first'))
      const managed = await ask(gateway, demand)
      expect(managed.status).toBe(200)
      expect(managed.text).toContain('"first"')
      expect(managed.text).not.toContain('Well.')
      gateway.engine.answer = () => say('Well.')
      const { status, json } = await ask(gateway, demand)
      expect([status, json.error]).toMatchObject([502, { code: 'engine_garbled' }])
      expect(gateway.engine.requests).toHaveLength(4)
    },
  )
})

describe('an answer in JSON', () => {
  const schema = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] }
  const asSchema = { response_format: { type: 'json_schema', json_schema: { name: 'place', schema } } }
  const asObject = { response_format: { type: 'json_object' } }

  test.each([
    ['as a call whose arguments the engine forces', asSchema, () => callFor('answer_as_json', { city: 'Oslo' })],
    ['as words', asSchema, () => say('{"city":', '"Oslo"}')],
    ['in a fence', asObject, () => say('```json\n{"city":"Oslo"}\n```')],
  ])('may come %s', async (_, format, answer) => {
    const gateway = await startGateway()
    gateway.engine.answer = answer
    const { json } = await ask(gateway, { ...hello, ...format })
    const choice = ChatCompletion.parse(json).choices[0]
    expect([choice?.message.content, choice?.finish_reason]).toEqual(['{"city":"Oslo"}', 'stop'])
  })

  test('is forced by its schema where the engine forces arguments', async () => {
    const gateway = await startGateway()
    gateway.engine.answer = () => callFor('answer_as_json', { city: 'Oslo' })
    await ask(gateway, { ...hello, ...asSchema })
    expect(gateway.engine.requests[0]?.tools).toMatchObject([{ name: 'answer_as_json', inputSchema: schema }])
  })

  test('that is none, or not whole, is asked for again, and then refused', async () => {
    const gateway = await startGateway()
    const answers = [say('Oslo'), say('{"city":"Oslo"}'), say('{}'), say('[1]')]
    gateway.engine.answer = () => answers[gateway.engine.requests.length - 1] ?? []
    expect((await ask(gateway, { ...hello, ...asSchema })).status).toBe(200)
    const { status, json } = await ask(gateway, { ...hello, ...asSchema })
    expect([status, json.error]).toMatchObject([502, { code: 'engine_garbled' }])
    expect(JSON.stringify(gateway.engine.requests[3]?.messages)).toContain('is missing in it')
  })

  test('leaves the caller’s own tools to be called', async () => {
    const gateway = await startGateway()
    gateway.engine.answer = () => callFor('look_up')
    const tools = [{ type: 'function', function: { name: 'lookUp' } }]
    const { json } = await ask(gateway, { ...hello, ...asObject, tools })
    expect(ChatCompletion.parse(json).choices[0]?.message.tool_calls?.[0]?.function.name).toBe('lookUp')
  })
})

describe('embeddings', () => {
  const embed = (gateway: TestGateway, body: object) => ask(gateway, { model: 'any', ...body }, '/v1/embeddings')
  const withModel = async () => {
    const gateway = await startGateway()
    gateway.engine.embed = (text) => (text === 'disk' ? [0.6, 0.8] : [1, 0])
    return gateway
  }

  test('of one text and of several are made in OpenAI’s shape, in their order, with usage', async () => {
    const gateway = await withModel()
    const one = EmbeddingList.parse((await embed(gateway, { input: 'disk' })).json)
    expect(one).toMatchObject({ model: 'stand-in-embedding', usage: { prompt_tokens: 2, total_tokens: 2 } })
    expect(one.data[0]?.embedding).toEqual([Math.fround(0.6), Math.fround(0.8)])
    const two = EmbeddingList.parse((await embed(gateway, { input: ['disk', 'nginx'] })).json)
    expect(two.data.map(({ index, embedding }) => [index, embedding[0]])).toEqual([
      [0, Math.fround(0.6)],
      [1, 1],
    ])
    expect(two.usage.total_tokens).toBe(4)
  })

  test('come as base64 of 32-bit floats where that is asked for', async () => {
    const gateway = await withModel()
    const { data } = EmbeddingList.parse((await embed(gateway, { input: 'disk', encoding_format: 'base64' })).json)
    const bytes = Buffer.from(data[0]?.embedding as string, 'base64')
    expect([bytes.readFloatLE(0), bytes.readFloatLE(4)]).toEqual([Math.fround(0.6), Math.fround(0.8)])
  })

  test('have the dimensions of the model and are not cut to fewer', async () => {
    const gateway = await withModel()
    expect((await embed(gateway, { input: 'disk', dimensions: 2 })).status).toBe(200)
    const { status, json } = await embed(gateway, { input: 'disk', dimensions: 1 })
    expect([status, json.error]).toMatchObject([400, { code: 'invalid_request', type: 'invalid_request_error' }])
  })

  test('are refused with what to do where no model is configured', async () => {
    const { status, json } = await embed(await startGateway(), { input: 'disk' })
    expect([status, json.error]).toMatchObject([501, { code: 'embeddings_off', type: 'server_error' }])
  })

  test.each([
    ['no text at all', { input: [] }, 400],
    ['an empty text among others', { input: ['disk', ''] }, 400],
    ['numbers of tokens', { input: [[1, 2, 3]] }, 400],
    ['more texts than are taken', { input: Array.from({ length: 513 }, () => 'a') }, 400],
    ['a text that is far too long', { input: 'a'.repeat(65_537) }, 400],
    ['a body that is too large', { input: 'a'.repeat(1024 * 1024) }, 413],
  ])('are refused of %s', async (_, body, wanted) => {
    const { status, json } = await embed(await withModel(), body)
    expect([status, json.error]).toMatchObject([wanted, { type: 'invalid_request_error' }])
  })
})
