import { until } from '@castellan/testing'
import { describe, expect, test } from 'vitest'
import type { Exchange } from '../../../src/engines/exchange.ts'
import { OpenAiEngine } from '../../../src/engines/openai/openai.ts'
import type { OpenAiChoice } from '../../../src/engines/openai/request.ts'
import * as recorded from '../../support/providers/openai.ts'
import {
  callsOf,
  collect,
  DirectSender,
  doneOf,
  FakeCredentials,
  hello,
  midTurn,
  running,
  textOf,
} from '../../support/providers/parts.ts'
import {
  type Answering,
  breakingAfter,
  FakeProvider,
  hangingAfter,
  json,
  streaming,
} from '../../support/providers/server.ts'

interface Setting {
  readonly credentials?: FakeCredentials
  readonly choice?: Partial<OpenAiChoice>
  /** Null asks without a credential. */
  readonly wish?: { readonly provider: string } | { readonly credential: string } | null
}

async function engineOn(
  answers: readonly Answering[],
  { credentials = new FakeCredentials({}), choice = {}, wish = { provider: 'openai' } }: Setting = {},
) {
  const provider = await FakeProvider.start(...answers)
  const outbound = new DirectSender()
  const pauses: number[] = []
  const engine = new OpenAiEngine(
    { engine: 'openai', model: 'gpt-4.1', base_url: `${provider.url}/v1`, ...choice },
    {
      outbound,
      credentials,
      random: () => 0.5,
      pause: async (ms) => {
        pauses.push(ms)
      },
    },
    wish,
  )
  return { provider, engine, outbound, credentials, pauses }
}

const ok = streaming(...recorded.words)

describe('a request', () => {
  test('is what the API takes, with the key in its header alone', async () => {
    const { provider, engine, outbound } = await engineOn([ok])
    await collect(engine.complete(midTurn, running()))
    const [{ method, path, headers, text, body }] = provider.received as [(typeof provider.received)[0]]
    expect([method, path]).toEqual(['POST', '/v1/chat/completions'])
    expect(headers.authorization).toBe('Bearer sk-test-secret-0')
    expect(text + path).not.toContain('sk-test')
    const id = expect.stringMatching(/^[0-9a-z]{9}$/)
    expect(body).toEqual({
      model: 'gpt-4.1',
      stream: true,
      stream_options: { include_usage: true },
      messages: [
        { role: 'system', content: 'You keep a server.' },
        { role: 'user', content: 'Hello.' },
        { role: 'assistant', content: 'Hello. What is it?' },
        { role: 'user', content: 'How full are my disks?' },
        {
          role: 'assistant',
          content: null,
          tool_calls: [{ id, type: 'function', function: { name: 'disk_usage', arguments: '{"path":"/"}' } }],
        },
        {
          role: 'tool',
          tool_call_id: id,
          content: '{"ok":true,"summary":"42% full","result":{"used":42},"ledger_index":7}',
        },
      ],
      tools: [
        {
          type: 'function',
          function: {
            name: 'disk_usage',
            description: 'How full file systems are.',
            parameters: { type: 'object', properties: { path: { type: 'string' } } },
          },
        },
      ],
    })
    expect(outbound.sent[0]?.init).toMatchObject({ purpose: 'engine.openai', redirect: 'manual' })
  })

  test('has the limits of the agent, or of the one request', async () => {
    const { provider, engine } = await engineOn([ok], { choice: { max_output_tokens: 100, temperature: 0.2 } })
    await collect(engine.complete(hello, running()))
    await collect(engine.complete({ ...hello, maxTokens: 7, seed: 3 }, running()))
    expect(provider.received.map(({ body }) => [body.max_tokens, body.temperature, body.seed])).toEqual([
      [100, 0.2, undefined],
      [7, 0.2, 3],
    ])
  })

  test('is valid JSON and holds only names that the API takes, whatever was said and called', async () => {
    const { provider, engine } = await engineOn([ok])
    const messages = structuredClone(midTurn.messages)
    messages[1] = { role: 'user', text: 'half of a pair: \ud83d' }
    const asked = messages[4]
    for (const call of asked?.role === 'assistant' ? asked.calls : []) call.name = 'run; rm -rf /'
    await collect(engine.complete({ ...midTurn, messages }, running()))
    expect(provider.received[0]?.text).toContain('half of a pair: \ufffd')
    expect(provider.received[0]?.text).toContain('"run__rm_-rf__"')
  })

  test('to a server of one’s own needs no credential', async () => {
    const { provider, engine } = await engineOn([ok], { credentials: new FakeCredentials(), wish: null })
    expect(textOf(await collect(engine.complete(hello, running())))).toContain('42 %')
    expect(provider.received[0]?.headers).not.toHaveProperty('authorization')
  })

  test('goes where the credential says, whatever the agent says', async () => {
    const elsewhere = await FakeProvider.start(ok)
    const { provider, engine } = await engineOn([ok], {
      credentials: new FakeCredentials({ baseUrl: `${elsewhere.url}/api/` }),
    })
    await collect(engine.complete(hello, running()))
    expect(provider.received).toEqual([])
    expect(elsewhere.received[0]?.path).toBe('/api/chat/completions')
  })

  test('follows no redirect with a credential', async () => {
    const elsewhere = await FakeProvider.start(ok)
    const { engine } = await engineOn([json(307, {}, { location: `${elsewhere.url}/v1/chat/completions` })])
    await expect(collect(engine.complete(hello, running()))).rejects.toMatchObject({ code: 'engine_refused' })
    expect(elsewhere.received).toEqual([])
  })
})

test('what a model thought before it called goes back to it with the call, and to no other model', async () => {
  const { provider, engine } = await engineOn([streaming(...recorded.thoughtfulCall), ok])
  const { kept } = doneOf(await collect(engine.complete(hello, running())))
  expect(kept).toEqual({ model: 'gpt-4.1', blocks: [{ reasoning_content: 'I should look.' }] })
  const messages = structuredClone(midTurn.messages)
  const asked = messages.at(-2)
  if (asked?.role === 'assistant' && kept !== undefined) asked.kept = kept
  await collect(engine.complete({ ...midTurn, messages }, running()))
  expect(provider.received[1]?.text).toContain('"reasoning_content":"I should look."')
  const other = await engineOn([ok], { choice: { model: 'gpt-5' } })
  await collect(other.engine.complete({ ...midTurn, messages }, running()))
  expect(other.provider.received[0]?.text).not.toContain('reasoning_content')
})

describe('an answer over a real connection', () => {
  test('comes word by word, and byte by byte', async () => {
    const bytes = new TextEncoder().encode(recorded.parallelCalls.join(''))
    const { engine } = await engineOn([ok, streaming(...[...bytes].map((byte) => Uint8Array.of(byte)))])
    expect((await collect(engine.complete(hello, running()))).filter(({ type }) => type === 'text')).toHaveLength(3)
    expect(callsOf(await collect(engine.complete(hello, running()))).map(({ args }) => args)).toEqual([
      { path: '/é' },
      { path: 'notes.txt' },
    ])
  })

  test('that breaks off is not asked for again once a word was passed on', async () => {
    const { provider, engine } = await engineOn([breakingAfter(...recorded.firstWords), ok])
    const said: string[] = []
    const reading = async () => {
      for await (const event of engine.complete(hello, running())) if (event.type === 'text') said.push(event.text)
    }
    await expect(reading()).rejects.toMatchObject({ code: 'engine_crashed' })
    expect([said, provider.received.length]).toEqual([['The disk '], 1])
  })

  test('with an error in its middle is not asked for again, and one with an error before its first word is', async () => {
    const late = streaming(...recorded.firstWords, recorded.errorInStream('server_error', 'fell over'))
    const broken = await engineOn([late, ok])
    await expect(collect(broken.engine.complete(hello, running()))).rejects.toMatchObject({ code: 'engine_overloaded' })
    expect(broken.provider.received).toHaveLength(1)

    const early = await engineOn([streaming(recorded.errorInStream('overloaded_error', 'busy')), ok])
    expect(textOf(await collect(early.engine.complete(hello, running())))).toContain('42 %')
  })

  test('is left at once when the turn is stopped, and its connection closed', async () => {
    const { provider, engine } = await engineOn([hangingAfter(...recorded.firstWords)])
    const stop = new AbortController()
    const reading = async () => {
      for await (const event of engine.complete(hello, stop.signal)) if (event.type === 'text') stop.abort()
    }
    await expect(reading()).rejects.toMatchObject({ code: 'cancelled' })
    await until('the provider sees the connection close', () => provider.abandoned === 1 || undefined)
    expect(provider.received).toHaveLength(1)
  })

  test('is left at once when whoever reads it stops', async () => {
    const { provider, engine } = await engineOn([hangingAfter(...recorded.firstWords)])
    for await (const event of engine.complete(hello, running())) if (event.type === 'text') break
    await until('the provider sees the connection close', () => provider.abandoned === 1 || undefined)
  })

  test('of 64 MiB of garbage is cut off', async () => {
    const garbage: Answering = async (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      const mebibyte = 'x'.repeat(1024 * 1024)
      for (let count = 0; count < 64 && !response.destroyed; count += 1) {
        if (!response.write(mebibyte))
          await new Promise((resolve) => response.once('drain', resolve).once('close', resolve))
      }
      response.end()
    }
    const { provider, engine } = await engineOn([garbage])
    await expect(collect(engine.complete(hello, running()))).rejects.toMatchObject({ code: 'engine_garbled' })
    await until('the provider sees the connection close', () => provider.abandoned === 1 || undefined)
  })
})

describe('a refusal', () => {
  const incorrect = recorded.error(
    'Incorrect API key provided: sk-test-secret-0.',
    'invalid_request_error',
    'invalid_api_key',
  )

  test.each([
    [400, recorded.error("Invalid schema for function 'x'", 'invalid_request_error'), 'engine_refused'],
    [
      400,
      recorded.error(
        "This model's maximum context length is 8192 tokens.",
        'invalid_request_error',
        'context_length_exceeded',
      ),
      'context_full',
    ],
    [
      400,
      {
        error: {
          code: 400,
          message: 'the request exceeds the available context size',
          type: 'exceed_context_size_error',
        },
      },
      'context_full',
    ],
    [401, incorrect, 'engine_refused'],
    [403, { error: { message: 'Country not supported' } }, 'engine_refused'],
    [404, { error: { message: 'The model `gpt-9` does not exist', code: 'model_not_found' } }, 'engine_refused'],
    [413, { detail: 'Payload too large' }, 'context_full'],
    [422, { detail: [{ msg: 'field required' }] }, 'engine_refused'],
  ] as const)('with status %i is not tried again', async (status, body, code) => {
    const { provider, engine } = await engineOn([json(status, body), ok])
    await expect(collect(engine.complete(hello, running()))).rejects.toMatchObject({ code, detail: { status } })
    expect(provider.received).toHaveLength(1)
  })

  test.each([408, 409, 500, 502, 503, 504, 529])(
    'with status %i is tried again after a random pause',
    async (status) => {
      const { provider, engine, pauses } = await engineOn([
        json(status, recorded.error('busy', 'server_error')),
        json(status, {}),
        ok,
      ])
      const events = await collect(engine.complete(hello, running()))
      expect(textOf(events)).toContain('42 %')
      expect(events.filter(({ type }) => type === 'notice')).toHaveLength(2)
      expect([provider.received.length, pauses]).toEqual([3, [250, 500]])
    },
  )

  test('that does not end is given up after four tries', async () => {
    const { provider, engine, pauses } = await engineOn([json(500, '<html>')])
    await expect(collect(engine.complete(hello, running()))).rejects.toMatchObject({ code: 'engine_overloaded' })
    expect([provider.received.length, pauses]).toEqual([4, [250, 500, 1000]])
  })

  test('that says when is believed, unless it asks for too much', async () => {
    const soon = await engineOn([json(503, {}, { 'retry-after': '2' }), ok])
    await collect(soon.engine.complete(hello, running()))
    expect(soon.pauses).toEqual([2000])
    const late = await engineOn([json(503, {}, { 'retry-after': '120' }), ok])
    await expect(collect(late.engine.complete(hello, running()))).rejects.toMatchObject({
      code: 'engine_overloaded',
      retryAfterSeconds: 120,
    })
    expect(late.provider.received).toHaveLength(1)
  })

  test('never shows the key, not even one that the provider says back', async () => {
    const { engine } = await engineOn([json(401, incorrect)])
    const error = await collect(engine.complete(hello, running())).catch((thrown: unknown) => thrown)
    expect(JSON.stringify(error) + String(error)).not.toContain('sk-test')
    expect(String(error)).toContain('Incorrect API key provided: [secret].')
  })

  test('shows one line of what the provider says', async () => {
    const { engine } = await engineOn([json(400, { error: { message: `bad\n\n\u001b[31m${'x'.repeat(1000)}` } })])
    const error = (await collect(engine.complete(hello, running())).catch((thrown: unknown) => thrown)) as Error
    expect(error.message).not.toMatch(/[\n\u001b]/)
    expect(error.message.length).toBeLessThan(600)
  })

  test('because nothing listens there is tried again, and one of the airlock’s is not', async () => {
    const { engine, pauses, outbound } = await engineOn([ok], { choice: { base_url: 'http://127.0.0.1:9/v1' } })
    await expect(collect(engine.complete(hello, running()))).rejects.toMatchObject({ code: 'egress_failed' })
    expect([pauses.length, outbound.sent.length]).toEqual([3, 4])
  })
})

describe('a credential that does not work', () => {
  const three = () => new FakeCredentials({ label: 'work' }, { label: 'home' }, { label: 'spare' })

  test.each([
    [401, {}, 'unauthorized'],
    [402, {}, 'quota_exhausted'],
    [403, {}, 'unauthorized'],
    [429, {}, 'rate_limited'],
    [
      429,
      recorded.error('You exceeded your current quota', 'insufficient_quota', 'insufficient_quota'),
      'quota_exhausted',
    ],
  ] as const)(
    'with status %i rests, the next one takes its place, and the chat is told',
    async (status, body, fault) => {
      const { provider, engine, credentials, pauses } = await engineOn(
        [json(status, body, { 'retry-after': '60' }), ok],
        { credentials: three() },
      )
      const events = await collect(engine.complete(hello, running()))
      expect(provider.received.map(({ headers }) => headers.authorization)).toEqual([
        'Bearer sk-test-secret-0',
        'Bearer sk-test-secret-1',
      ])
      expect(credentials.failures).toEqual([{ id: 'cred_number0x', fault, retryAfterSeconds: 60 }])
      expect(events[0]).toMatchObject({
        type: 'notice',
        text: expect.stringMatching(/^work cannot be used now .*going on with home\.$/),
      })
      expect(pauses).toEqual([])
    },
  )

  test('leaves the others to be tried one by one, and then the refusal', async () => {
    const { provider, engine, credentials } = await engineOn([json(401, {})], { credentials: three() })
    await expect(collect(engine.complete(hello, running()))).rejects.toMatchObject({ code: 'engine_refused' })
    expect(provider.received).toHaveLength(3)
    expect(credentials.failures).toHaveLength(3)
  })

  test('is not replaced where the agent names it', async () => {
    const { provider, engine, credentials } = await engineOn([json(401, {}), ok], {
      credentials: three(),
      wish: { credential: 'cred_number1x' },
    })
    await expect(collect(engine.complete(hello, running()))).rejects.toMatchObject({ code: 'engine_refused' })
    expect(provider.received).toHaveLength(1)
    expect(credentials.failures).toMatchObject([{ id: 'cred_number1x' }])
  })

  test('for a moment is waited for where it is the only one, and does not rest', async () => {
    const { engine, credentials, pauses } = await engineOn([json(429, {}, { 'retry-after-ms': '1500' }), ok])
    expect(textOf(await collect(engine.complete(hello, running())))).toContain('42 %')
    expect([pauses, credentials.failures]).toEqual([[1500], []])
  })

  test('of another kind is passed over, and refused where there is no other', async () => {
    const oauth = { auth: 'oauth_token' as const, label: 'subscription' }
    const mixed = await engineOn([ok], { credentials: new FakeCredentials(oauth, {}) })
    await collect(mixed.engine.complete(hello, running()))
    expect(mixed.provider.received[0]?.headers.authorization).toBe('Bearer sk-test-secret-1')
    const alone = await engineOn([ok], { credentials: new FakeCredentials(oauth) })
    await expect(collect(alone.engine.complete(hello, running()))).rejects.toMatchObject({ code: 'engine_unsuitable' })
    expect(alone.provider.received).toEqual([])
  })
})

describe('what was sent and what came back', () => {
  test('is handed over exactly, each try by itself, without the key', async () => {
    const { engine, provider } = await engineOn([json(500, { error: 'sk-test-secret-0 is broken' }), ok])
    const exchanges: Exchange[] = []
    await collect(engine.complete(hello, running(), { onExchange: (exchange) => exchanges.push(exchange) }))
    expect(exchanges).toMatchObject([
      {
        engine: 'openai',
        model: 'gpt-4.1',
        url: `${provider.url}/v1/chat/completions`,
        credential: 'cred_number0x',
        status: 500,
        response: '{"error":"[secret] is broken"}',
        problem: expect.stringContaining('500'),
      },
      { status: 200, request: provider.received[1]?.text, response: recorded.words.join(''), cut: 0, problem: null },
    ])
    expect(JSON.stringify(exchanges)).not.toContain('sk-test')
  })

  test('is handed over when it broke off, and when the turn was stopped', async () => {
    const { engine } = await engineOn([breakingAfter(...recorded.firstWords), hangingAfter(...recorded.firstWords)])
    const exchanges: Exchange[] = []
    const hooks = { onExchange: (exchange: Exchange) => exchanges.push(exchange) }
    await collect(engine.complete(hello, running(), hooks)).catch(() => undefined)
    const stop = new AbortController()
    const reading = async () => {
      for await (const event of engine.complete(hello, stop.signal, hooks)) if (event.type === 'text') stop.abort()
    }
    await reading().catch(() => undefined)
    expect(exchanges.map(({ response }) => response)).toEqual([
      recorded.firstWords.join(''),
      recorded.firstWords.join(''),
    ])
    expect(exchanges[1]?.problem).toBe('It was stopped.')
  })
})

describe('who is asked', () => {
  test('is the host of the credential, which comes before the engine’s own, and how it is asked goes by that', async () => {
    const elsewhere = await FakeProvider.start(ok)
    const credentials = new FakeCredentials({ baseUrl: `${elsewhere.url}/v1` })
    const choice = { base_url: 'https://api.openai.com/v1', max_output_tokens: 9 }
    const { engine } = await engineOn([], { credentials, choice })
    expect(await engine.asks()).toBe(new URL(elsewhere.url).host)
    await collect(engine.complete(hello, running()))
    expect(elsewhere.received[0]?.body).toMatchObject({ max_tokens: 9 })
  })

  test('is told where another credential leads to another host, and nobody is where there is none', async () => {
    const elsewhere = await FakeProvider.start(ok)
    const credentials = new FakeCredentials({}, { baseUrl: `${elsewhere.url}/v1` })
    const { engine } = await engineOn([json(401, {})], { credentials })
    const events = await collect(engine.complete(hello, running()))
    const notices = events.flatMap((event) => (event.type === 'notice' ? [event.text] : []))
    expect(notices[0]).toContain(`going on with key 1 at ${new URL(elsewhere.url).host}.`)
    const none = await engineOn([], { credentials: new FakeCredentials() })
    await expect(none.engine.asks()).rejects.toMatchObject({ code: 'credential_missing' })
  })
})

describe('health', () => {
  test('is the list of models, in any server’s form, and tells the window', async () => {
    const list = recorded.models(
      { id: 'gpt-4.1', object: 'model' },
      { id: 'vllm/x', max_model_len: 4096 },
      { id: 'or/y', context_length: 128_000 },
      { id: 'llama', meta: { n_ctx: 2048 } },
    )
    const { engine, provider } = await engineOn([json(200, list)])
    expect(await engine.size()).toEqual({ kind: 'chat', contextTokens: 32_768 })
    expect(await engine.health()).toMatchObject({
      state: 'ready',
      model: { name: 'gpt-4.1', contextTokens: 32_768 },
      models: [
        { name: 'gpt-4.1', context_tokens: null },
        { context_tokens: 4096 },
        { context_tokens: 128_000 },
        { context_tokens: 2048 },
      ],
    })
    expect(provider.received[0]?.path).toBe('/v1/models')
    const known = await engineOn([json(200, list)], { choice: { model: 'vllm/x' } })
    await known.engine.health()
    expect(await known.engine.size()).toMatchObject({ contextTokens: 4096 })
  })

  test('is asked with the next credential of the provider where one is refused, and none rests for it', async () => {
    const credentials = new FakeCredentials({}, {}, {})
    const { engine, provider } = await engineOn(
      [json(401, {}), json(429, {}), json(200, recorded.models({ id: 'x' }))],
      {
        credentials,
      },
    )
    expect(await engine.health()).toMatchObject({ state: 'ready', models: [{ name: 'x' }] })
    expect(provider.received.map(({ headers }) => headers.authorization)).toEqual(
      [0, 1, 2].map((position) => `Bearer sk-test-secret-${position}`),
    )
    expect(credentials.failures).toEqual([])
    const named = await engineOn([json(401, {})], { credentials, wish: { credential: 'cred_number0x' } })
    await expect(named.engine.health()).rejects.toMatchObject({ code: 'engine_refused' })
  })

  test('is a refusal where there is one', async () => {
    const { engine } = await engineOn([json(401, {})])
    await expect(engine.health()).rejects.toMatchObject({ code: 'engine_refused' })
    const page = await engineOn([json(200, '<html>')])
    await expect(page.engine.health()).rejects.toMatchObject({ code: 'engine_garbled' })
  })
})

test('usage that the provider counts reaches the end of the answer', async () => {
  const { engine } = await engineOn([ok])
  expect(doneOf(await collect(engine.complete(hello, running()))).usage.durationMs).toBeGreaterThan(0)
})
