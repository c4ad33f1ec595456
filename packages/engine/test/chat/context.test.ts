import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BATCH_TOKENS, chooseStep, stepsOf } from '../../src/chat/context/steps.ts'
import { ChatModel } from '../../src/chat/model.ts'
import type { ModelEvent, SeededCompletion } from '../../src/worker/protocol.ts'
import { writeRandomModel } from '../support/random-model.ts'
import { tempFolder } from '../support/temp.ts'
import { tool } from '../support/tools.ts'

const never = new AbortController().signal
const system = { role: 'system' as const, text: 'You keep a server, and you tell what you did. '.repeat(6) }
const tools = ['disk_usage', 'memory_usage', 'service_list'].map((name) => tool(name, { path: { type: 'string' } }))

const loaded: ChatModel[] = []
const path = join(tempFolder(), 'random.gguf')
beforeAll(() => writeRandomModel(path, { layers: 2, width: 128, heads: 4, kvHeads: 2, vocabulary: 1000 }))
afterAll(async () => {
  await Promise.all(loaded.map((model) => model.dispose()))
})

async function load(slots: number): Promise<ChatModel> {
  const model = await ChatModel.load({
    modelPath: path,
    kind: 'chat',
    slots,
    contextTokens: 2048,
    threads: 1,
    gpu: false,
  })
  loaded.push(model)
  return model
}

function asking(text: string, request: Partial<SeededCompletion> = {}): SeededCompletion {
  const messages = [system, { role: 'user' as const, text }]
  return { messages, tools: [], maxTokens: 12, temperature: 0, seed: 7, priority: 'interactive', ...request }
}

async function answer(model: ChatModel, request: SeededCompletion, signal = never) {
  const events: ModelEvent[] = []
  await model.complete(request, signal, (event) => events.push(event))
  const text = events.flatMap((event) => (event.type === 'text' ? event.text : [])).join('')
  const done = events.find((event) => event.type === 'done')
  if (done === undefined) throw new Error('no done event')
  return { text, done, reused: done.usage.cacheReadTokens ?? 0 }
}

describe('slots of one context', () => {
  it('answer the same with a beginning that was copied as with one of their own', async () => {
    const model = await load(2)
    const first = await answer(model, asking('how full is the disk?'))
    expect(first.reused).toBe(0)
    // The slot used least recently comes next: it has nothing of its own yet.
    const copied = await answer(model, asking('is nginx up?'))
    expect(copied.reused).toBeGreaterThan(100)
    expect(model.prefixTotals).toMatchObject({ copies: 1 })
    // Both slots forget this beginning over another one.
    const other = [
      { role: 'system' as const, text: 'Another one altogether.' },
      { role: 'user' as const, text: 'hi' },
    ]
    await Promise.all([1, 2].map((seed) => answer(model, asking('', { messages: other, seed }))))
    const fresh = await answer(model, asking('is nginx up?'))
    expect(fresh.reused).toBeLessThan(20)
    expect(copied.text).toBe(fresh.text)
    expect(copied.done.promptDigest).toBe(fresh.done.promptDigest)
  })

  it('evaluate a beginning once for all who come at the same time', async () => {
    const model = await load(3)
    const questions = ['how full is the disk?', 'is nginx up?', 'what failed?']
    const answers = await Promise.all(questions.map((text) => answer(model, asking(text, { tools, maxTokens: 4 }))))
    const shared = answers.map(({ reused }) => reused).sort((a, b) => a - b)
    expect(shared[0]).toBe(0)
    expect(shared[1]).toBeGreaterThan(200)
    expect(shared[2]).toBe(shared[1])
  })

  it('go on with a conversation where they stopped', async () => {
    const model = await load(2)
    const question = { role: 'user' as const, text: 'how full is the disk?' }
    const first = await answer(model, asking('', { messages: [system, question] }))
    await answer(model, asking('is nginx up?'))
    const said = { role: 'assistant' as const, text: first.text, calls: [] }
    const messages = [system, question, said, { role: 'user' as const, text: 'and the memory?' }]
    const second = await answer(model, asking('', { messages }))
    expect(second.reused).toBeGreaterThanOrEqual(first.done.usage.promptTokens)
  })

  it('can be used again at once when a prompt is cancelled, and know nothing of it', async () => {
    const model = await load(1)
    const cancel = new AbortController()
    const long = asking('word '.repeat(400))
    const cancelled = model.complete(
      long,
      cancel.signal,
      () => undefined,
      () => cancel.abort(new Error('enough')),
    )
    await expect(cancelled).rejects.toThrow('enough')
    const next = await answer(model, asking('is nginx up?'))
    expect(next.reused).toBeLessThan(next.done.usage.promptTokens)
    expect(next.done).toMatchObject({ reason: 'length', usage: { outputTokens: 12 } })
  })

  it('do not wait for a beginning whose evaluation was given up', async () => {
    const model = await load(2)
    const cancel = new AbortController()
    const first = model.complete(
      asking('a', { tools }),
      cancel.signal,
      () => undefined,
      () => cancel.abort(new Error('enough')),
    )
    const second = answer(model, asking('b', { tools, maxTokens: 4 }))
    await expect(first).rejects.toThrow('enough')
    expect((await second).done.usage.promptTokens).toBeGreaterThan(200)
  })
})

describe('the steps of a prompt', () => {
  it('are as large as take about a tenth of a second', () => {
    expect(chooseStep(16, 5)).toBe(128)
    expect(chooseStep(16, 40)).toBe(72)
    expect(chooseStep(16, 400)).toBe(16)
  })

  it('cover it once, in order, and leave no small rest where the steps are large', () => {
    const sizes = fc.record({ from: fc.nat(2000), length: fc.nat(2000), step: fc.constantFrom(16, 72, 128) })
    fc.assert(
      fc.property(sizes, ({ from, length, step }) => {
        const steps = stepsOf(from, from + length, step)
        let at = from
        for (const { start, end } of steps) {
          expect(start).toBe(at)
          expect(end - start).toBeLessThanOrEqual(BATCH_TOKENS)
          if (length >= 64 && step > 64) expect(end - start).toBeGreaterThanOrEqual(64)
          at = end
        }
        expect(at).toBe(from + length)
      }),
    )
  })
})
