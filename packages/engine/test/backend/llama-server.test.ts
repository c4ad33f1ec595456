import { join } from 'node:path'
import type { EngineEvent } from '@castellan/contracts'
import { createLogger } from '@castellan/daemon'
import { afterEach, describe, expect, it } from 'vitest'
import { parseAddress } from '../../src/backend/llama-server/address.ts'
import { createEngine } from '../../src/compose.ts'
import type { Engine } from '../../src/engine.ts'
import type { Completion } from '../../src/worker/protocol.ts'
import { FakeLlamaServer } from '../support/llama-server.ts'
import { tempFolder } from '../support/temp.ts'
import { tool } from '../support/tools.ts'

const folder = tempFolder()
const log = createLogger({ name: 'test', level: 'error', file: '/dev/null' })
const never = new AbortController().signal
const tools = [tool('disk_usage', { path: { type: 'string' } }), tool('memory_usage')]

const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

async function started(socket?: string) {
  const server = new FakeLlamaServer()
  const address = await server.listen(socket)
  closing.push(() => server.close())
  const engine = engineFor(address)
  await engine.load()
  return { server, engine, address }
}

function engineFor(llamaServer: string, stallSeconds = 60): Engine {
  const settings = { slots: 1, queue: 4, contextTokens: 8192, threads: 1, gpu: 'off' as const, idleUnloadSeconds: 0 }
  const engine = createEngine({ model: 'none.gguf', ...settings, stallSeconds, llamaServer }, log)
  closing.push(() => engine.stop())
  return engine
}

const request = (more: Partial<Completion> = {}): Completion => ({
  messages: [
    { role: 'system', text: 'You keep a server.' },
    { role: 'user', text: 'how full is the disk?' },
  ],
  tools: [],
  maxTokens: 64,
  temperature: 0.2,
  seed: 5,
  priority: 'interactive',
  ...more,
})

async function ask(engine: Engine, more: Partial<Completion> = {}, signal = never): Promise<EngineEvent[]> {
  const events: EngineEvent[] = []
  for await (const event of await engine.complete(request(more), signal)) events.push(event)
  return events
}

const textOf = (events: readonly EngineEvent[]): string =>
  events.flatMap((event) => (event.type === 'text' ? event.text : [])).join('')

describe('an external llama-server', () => {
  it.each([
    ['a port', undefined],
    ['a Unix socket', join(folder, 'llama.sock')],
  ])('answers over %s', async (_, socket) => {
    const { server, engine, address } = await started(socket)
    server.answer = () => ({ pieces: [{ reasoning_content: 'Hm. ' }, { content: 'Grüße ' }, { content: '🏰.' }] })
    expect(engine.health()).toMatchObject({ state: 'ready', model: { name: 'some', contextTokens: 4096 } })
    const events = await ask(engine)
    expect(textOf(events)).toBe('Grüße 🏰.')
    expect(events[0]).toEqual({ type: 'reasoning', text: 'Hm. ' })
    expect(events.at(-1)).toMatchObject({
      type: 'done',
      reason: 'stop',
      usage: { promptTokens: 40, outputTokens: 9, cacheReadTokens: 30 },
      decision: { seed: 5, grammarDigest: null, modelDigest: engine.health().model?.digest },
    })
    expect(server.requests[0]).toMatchObject({ seed: 5, temperature: 0.2, max_tokens: 64, stream: true })
    expect(await engine.doctor()).toMatchObject({
      engine: { backend: 'llama-server', backendVersion: 'b6000-abcdef' },
      model: { source: address, parameters: 1_100_000_000 },
      prefix: { promptTokens: 40, reusedTokens: 30 },
    })
  })

  it('is made to answer in a form that holds words and calls of the tools that there are', async () => {
    const { server, engine } = await started()
    const answer = { say: 'I look "there" – ü🏰\n', calls: [{ tool: 'disk_usage', args: { path: '/' } }] }
    server.answer = () => ({ pieces: [...JSON.stringify(answer, null, 1)].map((content) => ({ content })) })
    const events = await ask(engine, { tools })
    expect(textOf(events)).toBe(answer.say)
    expect(events.filter(({ type }) => type === 'text').length).toBeGreaterThan(5)
    expect(events.at(-2)).toMatchObject({ type: 'tool_call', name: 'disk_usage', args: { path: '/' } })
    expect(events.at(-1)).toMatchObject({
      type: 'done',
      reason: 'tool_calls',
      decision: { grammarDigest: expect.stringMatching(/^[0-9a-f]{64}$/) },
    })
    const schema = server.requests[0]?.response_format?.json_schema.schema as {
      properties: { calls: { items: object } }
    }
    expect(schema.properties.calls.items).toMatchObject({
      anyOf: [{ properties: { tool: { const: 'disk_usage' } } }, { properties: { tool: { const: 'memory_usage' } } }],
    })
    expect(server.requests[0]?.messages[0]?.content).toMatch(/You keep a server\.[\s\S]*"disk_usage"/)
  })

  it.each([
    ['a tool that was not offered', JSON.stringify({ say: '', calls: [{ tool: 'rm_rf', args: {} }] })],
    ['no JSON', 'I would call disk_usage.'],
    ['half an answer', '{"say": "I loo'],
  ])('calls nothing where it sends %s', async (_, content) => {
    const { server, engine } = await started()
    server.answer = () => ({ pieces: [{ content }] })
    const events = await ask(engine, { tools })
    expect(events.at(-1)).toMatchObject({ type: 'error', error: { code: 'engine_garbled' } })
    expect(events.some(({ type }) => type === 'tool_call')).toBe(false)
  })

  it('calls nothing of an answer that was cut off', async () => {
    const { server, engine } = await started()
    server.answer = () => ({ pieces: [{ content: '{"say": "I look", "calls": [{"tool": "disk_u' }], finish: 'length' })
    const events = await ask(engine, { tools })
    expect(textOf(events)).toBe('I look')
    expect(events.at(-1)).toMatchObject({ type: 'done', reason: 'length' })
  })

  it('is left at once by a request that is cancelled', async () => {
    const { server, engine } = await started()
    server.answer = () => ({ pieces: [{ content: 'once upon a time' }], hangs: true })
    const cancel = new AbortController()
    for await (const event of await engine.complete(request(), cancel.signal)) {
      expect(event.type).toBe('text')
      cancel.abort()
    }
    await expect.poll(() => server.left).toBe(1)
    expect(engine.health().busy).toBe(0)
  })

  it('that breaks off ends the stream with what to do, and the next request is answered', async () => {
    const { server, engine } = await started()
    server.answer = () => ({ pieces: [{ content: 'once' }], breaksOff: true })
    expect((await ask(engine)).at(-1)).toMatchObject({ type: 'error', error: { code: 'engine_crashed' } })
    server.answer = () => ({ pieces: [{ content: 'Hello.' }] })
    expect(textOf(await ask(engine))).toBe('Hello.')
  })

  it('that says nothing for too long counts as hung', async () => {
    const { server, address } = await started()
    const engine = engineFor(address, 1)
    server.answer = () => ({ pieces: [{ content: 'once' }], hangs: true })
    expect((await ask(engine)).at(-1)).toMatchObject({ type: 'error', error: { code: 'engine_stalled' } })
  })

  it('says in our words what it refuses', async () => {
    const { server, engine } = await started()
    const error = {
      code: 400,
      message: 'the request exceeds the available context size',
      type: 'exceed_context_size_error',
    }
    server.answer = () => ({ status: 400, body: { error: { ...error, n_prompt_tokens: 9000, n_ctx: 4096 } } })
    expect((await ask(engine)).at(-1)).toMatchObject({
      type: 'error',
      error: { code: 'context_full', detail: { promptTokens: 9000, contextTokens: 4096 } },
    })
    server.answer = () => ({ status: 500, body: 'nonsense' })
    expect((await ask(engine)).at(-1)).toMatchObject({ type: 'error', error: { code: 'engine_refused' } })
  })

  it('is waited for while it loads, and its absence has a name', async () => {
    const { server, address } = await started()
    server.state = 'loading'
    const engine = engineFor(address)
    await engine.load()
    expect(engine.health().state).toBe('loading')
    await expect(engine.complete(request(), never)).rejects.toMatchObject({ code: 'engine_loading' })
    server.state = 'ok'
    expect(textOf(await ask(engine))).toBe('Hello.')
    const absent = engineFor(`unix:${join(folder, 'nobody.sock')}`)
    await expect(absent.complete(request(), never)).rejects.toMatchObject({ code: 'engine_unavailable' })
    expect(absent.health()).toMatchObject({ state: 'failed', error: { code: 'engine_unavailable' } })
  })

  it('must be on this machine', () => {
    for (const address of ['http://example.org:8080', 'https://127.0.0.1', 'http://user:pw@127.0.0.1:1', 'nonsense']) {
      expect(() => parseAddress(address)).toThrow(expect.objectContaining({ code: 'config_invalid' }))
    }
    expect(parseAddress('http://[::1]:9000/llama/')).toEqual({ host: '::1', port: 9000, prefix: '/llama' })
  })
})
