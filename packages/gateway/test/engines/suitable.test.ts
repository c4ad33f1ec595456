import { expect, test } from 'vitest'
import { OpenAiEngine } from '../../src/engines/openai/openai.ts'
import { testChoice } from '../../src/engines/suitable.ts'
import { DirectSender, FakeCredentials, running } from '../support/providers/parts.ts'
import { FakeProvider, json } from '../support/providers/server.ts'

const models = json(200, { data: [{ id: 'm' }] })
const wish = { provider: 'mine' }

test('a choice is said to be paid by the credential that was not refused', async () => {
  const provider = await FakeProvider.start(json(401, { error: { message: 'no' } }), models)
  const credentials = new FakeCredentials({}, {})
  const choice = { engine: 'openai', model: 'm', base_url: `${provider.url}/v1` } as const
  const engine = new OpenAiEngine(choice, { outbound: new DirectSender(), credentials }, wish)
  const suited = await testChoice(engine, wish, credentials, running())
  expect(provider.received.map(({ headers }) => headers.authorization)).toEqual([
    'Bearer sk-test-secret-0',
    'Bearer sk-test-secret-1',
  ])
  expect(suited.credential).toBe((await credentials.pick(wish, new Set([(await credentials.pick(wish)).id]))).id)
})

test.each([
  ['a provider of one’s own, by the address of its credential', 'https://models.example/v1', undefined, 32_768],
  ['OpenAI', null, undefined, 128_000],
  ['whichever, as the owner says', 'https://models.example/v1', 8_192, 8_192],
])('a model of unknown size is taken to hold what fits %s', async (_, baseUrl, context_tokens, tokens) => {
  const credentials = new FakeCredentials({ baseUrl })
  const choice = { engine: 'openai', model: 'm', ...(context_tokens === undefined ? {} : { context_tokens }) } as const
  const engine = new OpenAiEngine(choice, { outbound: new DirectSender(), credentials }, wish)
  expect(await engine.size()).toEqual({ kind: 'chat', contextTokens: tokens })
})
