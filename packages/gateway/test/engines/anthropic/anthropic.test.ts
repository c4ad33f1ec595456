import { describe, expect, test } from 'vitest'
import { AnthropicEngine } from '../../../src/engines/anthropic/anthropic.ts'
import type { AnthropicChoice } from '../../../src/engines/anthropic/request.ts'
import * as recorded from '../../support/providers/anthropic.ts'
import {
  collect,
  DirectSender,
  FakeCredentials,
  hello,
  midTurn,
  running,
  textOf,
} from '../../support/providers/parts.ts'
import { type Answering, FakeProvider, json, streaming } from '../../support/providers/server.ts'

async function engineOn(
  answers: readonly Answering[],
  choice: Partial<AnthropicChoice> = {},
  credentials = new FakeCredentials({}, {}),
) {
  const provider = await FakeProvider.start(...answers)
  const parts = { outbound: new DirectSender(), credentials, random: () => 0, pause: async () => undefined }
  const engine = new AnthropicEngine(
    { engine: 'anthropic', model: 'claude-x', base_url: provider.url, ...choice },
    parts,
    { provider: 'anthropic' },
  )
  return { provider, engine, credentials }
}

const ok = streaming(...recorded.words)
const CACHED = { cache_control: { type: 'ephemeral' } }

describe('a request', () => {
  test('is what the API takes, with the key in its header alone', async () => {
    const { provider, engine } = await engineOn([ok])
    await collect(engine.complete(midTurn, running()))
    const [{ path, headers, text, body }] = provider.received as [(typeof provider.received)[0]]
    expect(path).toBe('/v1/messages')
    expect(headers).toMatchObject({ 'x-api-key': 'sk-test-secret-0', 'anthropic-version': '2023-06-01' })
    expect(text).not.toContain('sk-test')
    const id = expect.stringMatching(/^call_[A-Za-z0-9_-]+$/)
    expect(body).toEqual({
      model: 'claude-x',
      max_tokens: 8192,
      stream: true,
      system: [{ type: 'text', text: 'You keep a server.', ...CACHED }],
      messages: [
        { role: 'user', content: [{ type: 'text', text: 'Hello.' }] },
        { role: 'assistant', content: [{ type: 'text', text: 'Hello. What is it?' }] },
        { role: 'user', content: [{ type: 'text', text: 'How full are my disks?' }] },
        { role: 'assistant', content: [{ type: 'tool_use', id, name: 'disk_usage', input: { path: '/' } }] },
        {
          role: 'user',
          content: [{ type: 'tool_result', tool_use_id: id, content: expect.stringContaining('42% full'), ...CACHED }],
        },
      ],
      tools: [
        {
          name: 'disk_usage',
          description: 'How full file systems are.',
          input_schema: { type: 'object', properties: { path: { type: 'string' } } },
        },
      ],
    })
  })

  test('answers calls that were made at once in one message, and marks those that failed', async () => {
    const { provider, engine } = await engineOn([ok])
    const messages = structuredClone(midTurn.messages)
    const [asked, answered] = messages.slice(-2)
    if (asked?.role !== 'assistant' || answered?.role !== 'tool') throw new Error('the fixture is another one')
    const second = {
      ...(asked.calls[0] as (typeof asked.calls)[0]),
      call_id: 'call_anotherone1' as typeof answered.call_id,
    }
    asked.calls.push(second)
    messages.push({ ...answered, call_id: second.call_id, ok: false }, { role: 'user', text: 'And now?' })
    await collect(engine.complete({ ...midTurn, messages }, running()))
    const wire = provider.received[0]?.body.messages
    const last = (wire as { content: { type: string; is_error?: boolean }[] }[]).at(-1)
    expect(last?.content.map(({ type, is_error }) => [type, is_error])).toEqual([
      ['tool_result', undefined],
      ['tool_result', true],
      ['text', undefined],
    ])
  })

  test('gives signed thoughts back to the model they are of, and to no other', async () => {
    const blocks = [{ type: 'thinking', thinking: 'Hm.', signature: 'x' }]
    const messages = structuredClone(midTurn.messages)
    const asked = messages.at(-2)
    if (asked?.role === 'assistant') asked.kept = { model: 'claude-x', blocks }
    for (const [choice, kept] of [
      [{ thinking_tokens: 2000 }, true],
      [{}, false],
      [{ thinking_tokens: 2000, model: 'claude-y' }, false],
    ] as const) {
      const { provider, engine } = await engineOn([ok], choice)
      await collect(engine.complete({ ...midTurn, messages }, running()))
      expect(provider.received[0]?.text.includes('"signature":"x"')).toBe(kept)
    }
  })

  test('leaves room for what the model thinks, and then gives no temperature', async () => {
    const { provider, engine } = await engineOn([ok], {
      thinking_tokens: 2000,
      max_output_tokens: 500,
      temperature: 0.5,
    })
    await collect(engine.complete(hello, running()))
    expect(provider.received[0]?.body).toMatchObject({
      max_tokens: 2500,
      thinking: { type: 'enabled', budget_tokens: 2000 },
    })
    expect(provider.received[0]?.body).not.toHaveProperty('temperature')
  })
})

describe('a refusal', () => {
  test.each([
    [400, 'invalid_request_error', 'prompt is too long: 210000 tokens > 200000 maximum', 'context_full'],
    [400, 'invalid_request_error', 'Your credit balance is too low to access the Anthropic API.', 'engine_refused'],
    [401, 'authentication_error', 'invalid x-api-key', 'engine_refused'],
    [403, 'permission_error', 'no access', 'engine_refused'],
    [404, 'not_found_error', 'model: claude-x', 'engine_refused'],
    [413, 'request_too_large', 'Request exceeds the maximum size', 'context_full'],
  ] as const)('%i %s: %s', async (status, type, message, code) => {
    const { engine } = await engineOn([json(status, recorded.error(type, message))], {}, new FakeCredentials({}))
    await expect(collect(engine.complete(hello, running()))).rejects.toMatchObject({
      code,
      detail: { status, provider_code: type, says: message },
    })
  })

  test.each([
    [429, 'rate_limit_error'],
    [500, 'api_error'],
    [529, 'overloaded_error'],
  ] as const)('%i %s is answered after all', async (status, type) => {
    const { engine, provider } = await engineOn([
      json(status, recorded.error(type, 'Overloaded'), { 'retry-after': '1' }),
      ok,
    ])
    expect(textOf(await collect(engine.complete(hello, running())))).toContain('42 %')
    expect(provider.received).toHaveLength(2)
  })

  test('that the credit is spent lets the next credential pay', async () => {
    const { engine, credentials, provider } = await engineOn([
      json(400, recorded.error('invalid_request_error', 'Your credit balance is too low.')),
      ok,
    ])
    await collect(engine.complete(hello, running()))
    expect(credentials.failures).toMatchObject([{ fault: 'quota_exhausted' }])
    expect(provider.received[1]?.headers['x-api-key']).toBe('sk-test-secret-1')
  })
})

test('health is the list of models', async () => {
  const { engine, provider } = await engineOn([json(200, recorded.models('claude-x', 'claude-y'))])
  expect(await engine.health()).toMatchObject({ state: 'ready', models: [{ name: 'claude-x' }, { name: 'claude-y' }] })
  expect(provider.received[0]?.path).toBe('/v1/models?limit=1000')
})
