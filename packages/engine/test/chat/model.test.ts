import { join } from 'node:path'
import { type EngineEvent, newId, type ToolDescriptor } from '@castellan/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { ChatModel } from '../../src/chat/model.ts'
import type { SeededCompletion } from '../../src/worker/protocol.ts'
import { writeSyntheticModel } from '../support/synthetic-model.ts'
import { tempFolder } from '../support/temp.ts'
import { tool } from '../support/tools.ts'

const never = new AbortController().signal
const tools = [
  tool('disk_usage', { path: { type: 'string', minLength: 1, maxLength: 20 } }),
  tool(
    'journal_query',
    {
      priority: { enum: ['err', 'info'] },
      limit: { type: 'integer', minimum: 1, maximum: 20 },
      units: { type: 'array', items: { enum: ['nginx', 'sshd'] }, maxItems: 3 },
    },
    { required: ['priority'] },
  ),
  tool('memory_usage'),
]

let model: ChatModel
beforeAll(async () => {
  // What a chat model is made of, without sense: words, and then a call about as often as an end.
  const path = join(tempFolder(), 'chat.gguf')
  writeSyntheticModel(path, {
    words: ['||call: ', 'Hi', '. '],
    chain: {
      '\n': { Hi: 1, '||call: ': 1 },
      Hi: { '. ': 1 },
      '. ': { '||call: ': 1, '<|im_end|>': 1, Hi: 0.2 },
    },
    favoured: { '"': 4, '}': 4, ']': 4, '<|im_end|>': 3, '\n': 3 },
  })
  model = await ChatModel.load({ modelPath: path, kind: 'chat', slots: 1, contextTokens: 4096, threads: 1, gpu: false })
})
afterAll(async () => await model.dispose())

async function complete(request: Partial<SeededCompletion> = {}): Promise<EngineEvent[]> {
  const events: EngineEvent[] = []
  const whole: SeededCompletion = {
    messages: [{ role: 'user', text: 'hi' }],
    tools: [],
    maxTokens: 256,
    temperature: 1,
    seed: 0,
    priority: 'interactive',
    ...request,
  }
  await model.complete(whole, never, (event) => events.push(event))
  return events
}

const textOf = (events: readonly EngineEvent[]): string =>
  events.flatMap((event) => (event.type === 'text' ? event.text : [])).join('')

describe('a chat model', () => {
  it('can only call tools that there are, with arguments their schemas take', async () => {
    const byName = new Map<string, ToolDescriptor>(tools.map((one) => [one.name, one]))
    let calls = 0
    for (let seed = 0; seed < 40; seed++) {
      const events = await complete({ tools, seed })
      const called = events.filter((event) => event.type === 'tool_call')
      for (const { name, args } of called) {
        calls++
        const schema = byName.get(name)?.inputSchema
        expect(schema).toBeDefined()
        const verdict = z.fromJSONSchema(schema as never).safeParse(args)
        expect(verdict.success, `${name} ${JSON.stringify(args)}`).toBe(true)
      }
      const last = events.at(-1)
      expect(last?.type).toBe('done')
      // A call cut off by the token limit is no call.
      if (called.length > 0) expect(last).toMatchObject({ reason: 'tool_calls' })
      expect(textOf(events)).not.toContain('||call')
    }
    expect(calls).toBeGreaterThan(10)
  })

  it('may say something before it calls', async () => {
    const runs: EngineEvent[][] = []
    for (let seed = 0; seed < 20; seed++) runs.push(await complete({ tools, seed }))
    expect(runs.some((events) => events[0]?.type === 'text' && events.some(({ type }) => type === 'tool_call'))).toBe(
      true,
    )
  })

  it('says the same for the same seed', async () => {
    const once = await complete({ seed: 11, maxTokens: 64 })
    const again = await complete({ seed: 11, maxTokens: 64 })
    expect(textOf(again)).toBe(textOf(once))
    const seeds = Array.from({ length: 10 }, (_, seed) => seed)
    const texts = new Set<string>()
    for (const seed of seeds) texts.add(textOf(await complete({ seed, maxTokens: 64 })))
    expect(texts.size).toBeGreaterThan(1)
  })

  it('goes on after a tool result', async () => {
    const call_id = newId('call')
    const events = await complete({
      tools,
      messages: [
        { role: 'system', text: 'You keep a server.' },
        { role: 'user', text: 'hi' },
        { role: 'assistant', text: 'Hi. ', calls: [{ call_id, name: 'memory_usage', args: {} }] },
        { role: 'tool', call_id, name: 'memory_usage', ok: true, summary: '2 GiB free.', result: {}, ledger_index: 1 },
      ],
    })
    expect(events.at(-1)?.type).toBe('done')
  })

  it('refuses a message that does not fit into its context', async () => {
    await expect(complete({ messages: [{ role: 'user', text: 'x '.repeat(10_000) }] })).rejects.toMatchObject({
      code: 'context_full',
    })
  })
})
