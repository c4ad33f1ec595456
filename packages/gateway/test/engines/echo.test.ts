import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { withoutEcho } from '../../src/engines/echo.ts'
import type { AnswerEvent } from '../../src/engines/engine.ts'
import type { Exchange } from '../../src/engines/exchange.ts'
import { OpenAiEngine } from '../../src/engines/openai/openai.ts'
import { callsOf, collect, DirectSender, FakeCredentials, hello, running, textOf } from '../support/providers/parts.ts'
import { FakeProvider, json, streaming } from '../support/providers/server.ts'

/** Looks like no key of any provider, so that only who knows it takes it out. */
const SECRET = 'correct-horse-"battery"-staple'

async function* told(events: readonly AnswerEvent[]): AsyncGenerator<AnswerEvent, void, void> {
  yield* events
}

function pieces(text: string, cuts: readonly number[]): AnswerEvent[] {
  const places = [0, ...cuts.map((cut) => cut % (text.length + 1)).toSorted((a, b) => a - b), text.length]
  return places.slice(1).map((end, index) => ({ type: 'text', text: text.slice(places[index], end) }))
}

test('the secret is out of what is said wherever its pieces are cut, and nothing else is', async () => {
  const words = fc.array(fc.constantFrom('a', 'cor', 'correct-', SECRET, 'staple', '"', '\n', '😀'), { maxLength: 12 })
  const cuts = fc.array(fc.nat(400), { maxLength: 20 })
  await fc.assert(
    fc.asyncProperty(words, cuts, async (words, cuts) => {
      const text = words.join('')
      const events = await collect(withoutEcho(told(pieces(text, cuts)), [SECRET]))
      expect(textOf(events)).toBe(text.replaceAll(SECRET, '[secret]'))
    }),
    { numRuns: 300 },
  )
})

test('what begins like the secret is said before what comes after it, and before a failure', async () => {
  const begun: AnswerEvent[] = [{ type: 'text', text: 'corr' }]
  const call: AnswerEvent = { type: 'tool_call', name: 'x', args: {}, confidence: 1 }
  const events = await collect(withoutEcho(told([...begun, call]), [SECRET]))
  expect(events.map(({ type }) => type)).toEqual(['text', 'tool_call'])
  async function* failing() {
    yield* begun
    throw new Error('cut')
  }
  const said: AnswerEvent[] = []
  const reading = (async () => {
    for await (const event of withoutEcho(failing(), [SECRET])) said.push(event)
  })()
  await expect(reading).rejects.toThrow('cut')
  expect(textOf(said)).toBe('corr')
})

describe('a provider that says its key back', () => {
  const delta = (delta: unknown, finish_reason: string | null = null) =>
    `data: ${JSON.stringify({ choices: [{ index: 0, delta, finish_reason }] })}\n\n`

  async function asked(...answer: Parameters<typeof FakeProvider.start>) {
    const provider = await FakeProvider.start(...answer)
    const exchanges: Exchange[] = []
    const parts = { outbound: new DirectSender(), credentials: new FakeCredentials({ secret: SECRET }) }
    const choice = { engine: 'openai', model: 'gpt-4.1', base_url: `${provider.url}/v1` } as const
    const engine = new OpenAiEngine(choice, parts, { provider: 'openai' })
    const hooks = { onExchange: (exchange: Exchange) => void exchanges.push(exchange) }
    const answered = collect(engine.complete(hello, running(), hooks))
    return { engine, exchanges, answered }
  }

  test('in its words, its thoughts and its calls is not heard', async () => {
    const args = JSON.stringify({ [SECRET]: [SECRET] })
    const call = { index: 0, id: 'a', function: { name: 'disk_usage', arguments: args } }
    const { exchanges, answered } = await asked(
      streaming(
        delta({ reasoning_content: `Your key is ${SECRET.slice(0, 9)}` }),
        delta({ reasoning_content: SECRET.slice(9) }),
        delta({ content: `It is ${SECRET.slice(0, 20)}` }),
        delta({ content: `${SECRET.slice(20)}!` }),
        delta({ tool_calls: [call] }, 'tool_calls'),
        'data: [DONE]\n\n',
      ),
    )
    const events = await answered
    expect(textOf(events)).toBe('It is [secret]!')
    expect(textOf(events, 'reasoning')).toBe('Your key is [secret]')
    expect(callsOf(events)[0]?.args).toEqual({ '[secret]': ['[secret]'] })
    for (const kept of [events, exchanges]) {
      expect(JSON.stringify(kept)).not.toContain('battery')
      expect(JSON.stringify(kept)).not.toContain('horse')
      expect(JSON.stringify(kept)).not.toContain('staple')
    }
  })

  test('as the code or the message of its refusal, or as the name of a model, is not heard either', async () => {
    const { answered, exchanges } = await asked(json(400, { error: { code: SECRET, message: `No ${SECRET}` } }))
    const refusal = await answered.catch((error: unknown) => error)
    expect(JSON.stringify(refusal) + String(refusal) + JSON.stringify(exchanges)).not.toContain('battery')
    const listing = await asked(json(200, { data: [{ id: SECRET }] }), json(200, { data: [{ id: SECRET }] }))
    await listing.answered.catch(() => undefined)
    expect((await listing.engine.health()).models).toEqual([{ name: '[secret]', context_tokens: null }])
  })
})
