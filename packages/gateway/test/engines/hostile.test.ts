import { CastellanError } from '@castellan/contracts'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { airlock } from '../../../airlock/test/support/airlock.ts'
import { startUpstream } from '../../../airlock/test/support/upstream.ts'
import { readAnswer as readAnthropic } from '../../src/engines/anthropic/answer.ts'
import { readOutput as readClaude } from '../../src/engines/claude-code/output.ts'
import type { AnswerEvent } from '../../src/engines/engine.ts'
import { readAnswer as readOpenAi } from '../../src/engines/openai/answer.ts'
import { OpenAiEngine } from '../../src/engines/openai/openai.ts'
import { readOutput as readOpenclaw } from '../../src/engines/openclaw/output.ts'
import { readFailure } from '../../src/engines/remote/failure.ts'
import { Outbound } from '../../src/outbound/outbound.ts'
import * as anthropic from '../support/providers/anthropic.ts'
import * as openai from '../support/providers/openai.ts'
import { callsOf, collect, FakeCredentials, hello, running } from '../support/providers/parts.ts'

async function* once<Piece>(...pieces: Piece[]): AsyncGenerator<Piece> {
  yield* pieces
}

const body = (text: string) => ({
  ...{ body: once(new TextEncoder().encode(text)), contentType: 'text/event-stream' },
  ...{ host: 'api.example', secrets: ['sk-secret'] },
})
const claude = { host: 'api.example', secrets: ['sk-secret'], progress: { began: false }, tools: false }
const readers: Record<string, (values: readonly unknown[]) => AsyncIterable<AnswerEvent>> = {
  openai: (values) => readOpenAi(body(values.map((value) => `data: ${JSON.stringify(value)}\n\n`).join('')), 'x'),
  'openai, whole': ([value]) =>
    readOpenAi({ ...body(JSON.stringify(value ?? null)), contentType: 'application/json' }, 'x'),
  anthropic: (values) => readAnthropic(body(values.map((value) => `data: ${JSON.stringify(value)}\n\n`).join('')), 'x'),
  'claude-code': (values) => readClaude(once(...values.map((value) => JSON.stringify(value))), claude),
  openclaw: ([value]) => readOpenclaw(once(JSON.stringify(value ?? null)), claude),
}

/** Ends with an answer, or with an error that has a code and says something. Anything else is a fault of ours. */
async function isJudged(events: AsyncIterable<AnswerEvent>): Promise<void> {
  try {
    for await (const event of events) {
      if (event.type === 'text') expect(typeof event.text).toBe('string')
      if (event.type === 'tool_call') expect(event.args).toBeTypeOf('object')
    }
  } catch (error) {
    expect(error).toBeInstanceOf(CastellanError)
    expect((error as CastellanError).message).not.toContain('sk-secret')
  }
}

/** Values in the places where answers have theirs, of any type. */
const any = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom('sk-secret', 'stop', 'tool_use', '{"a":1}', 1e300, -1, null),
)
const bent = (keys: readonly string[]) => {
  const level = (inner: fc.Arbitrary<unknown>) =>
    fc.dictionary(fc.constantFrom(...keys), fc.oneof(inner, fc.array(inner, { maxLength: 3 }), any), { maxKeys: 5 })
  return level(level(level(any)))
}
const KEYS: Record<string, readonly string[]> = {
  openai: [
    'choices',
    'delta',
    'message',
    'content',
    'tool_calls',
    'function',
    'name',
    'arguments',
    'index',
    'id',
    'finish_reason',
    'usage',
    'error',
    'code',
    'prompt_tokens',
    'refusal',
    'reasoning',
  ],
  anthropic: [
    'type',
    'message',
    'usage',
    'index',
    'content_block',
    'delta',
    'stop_reason',
    'error',
    'input_tokens',
    'text',
    'partial_json',
    'thinking',
  ],
  'claude-code': [
    'type',
    'subtype',
    'event',
    'delta',
    'tools',
    'mcp_servers',
    'is_error',
    'result',
    'usage',
    'modelUsage',
    'error_status',
    'api_error_status',
    'parent_tool_use_id',
  ],
  openclaw: ['ok', 'final', 'error', 'message', 'toolSummary', 'tools', 'usage', 'input', 'status'],
}
const TYPES = [
  'message_start',
  'content_block_start',
  'content_block_delta',
  'message_delta',
  'message_stop',
  'error',
  'system',
  'stream_event',
  'result',
  'assistant',
]

describe.each(Object.keys(readers))('whatever %s is sent', (name) => {
  const keys = KEYS[name.split(',')[0] ?? ''] ?? []
  const read = readers[name] as (typeof readers)[string]

  test('of JSON, it ends with an answer or a refusal with a code', async () => {
    await fc.assert(fc.asyncProperty(fc.array(fc.jsonValue(), { maxLength: 5 }), (values) => isJudged(read(values))))
  })

  test('that looks like an answer, it ends with an answer or a refusal with a code', async () => {
    const message = fc.tuple(bent(keys), fc.constantFrom(...TYPES)).map(([value, type]) => ({ ...value, type }))
    await fc.assert(
      fc.asyncProperty(fc.array(message, { maxLength: 6 }), (values) => isJudged(read(values))),
      { numRuns: 300 },
    )
  })
})

test('bytes of any kind end with an answer or a refusal with a code', async () => {
  const bytes = fc.uint8Array({ maxLength: 400 })
  await fc.assert(
    fc.asyncProperty(bytes, async (noise) => {
      await isJudged(readOpenAi({ ...body(''), body: once(noise) }, 'x'))
      await isJudged(readAnthropic({ ...body(''), body: once(noise) }, 'x'))
    }),
  )
})

test('an answer of which any byte is another one never makes a call that was not in it', async () => {
  const whole = new TextEncoder().encode(openai.parallelCalls.join(''))
  await fc.assert(
    fc.asyncProperty(fc.nat(whole.length - 1), fc.integer({ min: 0, max: 255 }), async (at, byte) => {
      const changed = whole.slice()
      changed[at] = byte
      const events = await collect(readOpenAi({ ...body(''), body: once(changed) }, 'x')).catch(() => [])
      const calls = callsOf(events)
      expect(calls.length).toBeLessThanOrEqual(3)
      for (const { args } of calls) expect(args).toBeTypeOf('object')
    }),
  )
})

test('a refusal of any form has a kind and says one line at most', async () => {
  const status = fc.integer({ min: 400, max: 599 })
  const text = fc.oneof(
    fc.string({ maxLength: 2000 }),
    fc.jsonValue().map((value) => JSON.stringify(value)),
    bent(['error', 'message', 'detail', 'code', 'type']).map((value) => JSON.stringify(value)),
  )
  await fc.assert(
    fc.asyncProperty(status, text, fc.string(), async (code, refusal, after) => {
      const header = after.replaceAll(/[^\x20-\x7e]/g, '')
      const response = new Response(`${refusal} sk-secret`, { status: code, headers: { 'retry-after': header } })
      const { failure } = await readFailure(response, 'api.example', ['sk-secret'])
      expect(failure.message).not.toMatch(/[\n\r]|sk-secret/)
      expect(failure.says.length).toBeLessThanOrEqual(301)
      expect(failure.retryAfterSeconds ?? 0).toBeGreaterThanOrEqual(0)
    }),
  )
})

describe('through a real airlock', () => {
  async function slow(drip: readonly string[]) {
    const upstream = await startUpstream(['api.test'], (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.flushHeaders()
      for (const piece of drip) response.write(piece)
      // A byte of a comment now and then, for ever: it is alive, and never says anything.
      const timer = setInterval(() => response.write(':'), 20)
      response.once('close', () => clearInterval(timer))
    })
    const lock = await airlock({ zone: { 'api.test': ['127.0.0.1'] } })
    await lock.allow({ host: 'api.test', port: upstream.port, ca: upstream.ca, reach: 'loopback', auth: 'any' })
    const parts = {
      outbound: new Outbound(lock.config.airlockSocket),
      credentials: new FakeCredentials(),
      limits: { total_ms: 2000 },
      pause: async () => undefined,
    }
    const engine = new OpenAiEngine(
      { engine: 'openai', model: 'x', base_url: `https://api.test:${upstream.port}/v1` },
      parts,
      null,
    )
    return { engine, upstream }
  }

  test('a provider that drips for ever is left when its time is up, and asked again where it had said nothing', async () => {
    const { engine, upstream } = await slow([])
    await expect(collect(engine.complete(hello, running()))).rejects.toMatchObject({ code: 'egress_timeout' })
    expect(upstream.requests).toHaveLength(4)
  })

  test('one that drips after its first words is left, and not asked again', async () => {
    const { engine, upstream } = await slow([...openai.firstWords])
    await expect(collect(engine.complete(hello, running()))).rejects.toMatchObject({ code: 'engine_crashed' })
    expect(upstream.requests).toHaveLength(1)
  })
})

test('the recordings of both APIs are answers', async () => {
  await isJudged(readAnthropic(body(anthropic.words.join('')), 'x'))
  expect(await collect(readAnthropic(body(anthropic.words.join('')), 'x'))).not.toEqual([])
})
