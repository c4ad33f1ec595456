import { expect, it } from 'vitest'
import { OpenAiEngine } from '../../src/engines/openai/openai.ts'
import * as recorded from '../support/providers/openai.ts'
import { collect, DirectSender, hello, running, textOf } from '../support/providers/parts.ts'
import { FakeProvider, json, streaming } from '../support/providers/server.ts'
import { testCredentials } from './support/store.ts'

it.each([
  ['a refused key', 401, { error: { message: 'Incorrect API key provided' } }, 'unauthorized'],
  [
    'a spent quota',
    429,
    { error: { code: 'insufficient_quota', message: 'You exceeded your quota' } },
    'quota_exhausted',
  ],
])(
  'a real engine goes on from %s with the next credential, says so, and leaves the first alone',
  async (_what, status, body, reason) => {
    const { credentials, selection, ledger } = await testCredentials()
    const provider = await FakeProvider.start(
      json(status, body),
      streaming(...recorded.words),
      streaming(...recorded.words),
    )
    const base_url = `${provider.url}/v1`
    const keep = (label: string) =>
      credentials.create({ provider: 'mine', auth: 'api_key', label, base_url, secret: `secret-of-${label}` })
    const [one, two] = [await keep('one'), await keep('two')]
    const engine = () =>
      new OpenAiEngine(
        { engine: 'openai', model: 'm' },
        { outbound: new DirectSender(), credentials: selection },
        { provider: 'mine' },
      )

    const events = await collect(engine().complete(hello, running()))
    expect(textOf(events)).not.toBe('')
    expect(events.find(({ type }) => type === 'notice')).toMatchObject({
      text: expect.stringContaining('going on with two'),
    })
    expect(ledger.entries.find(({ type }) => type === 'credential_cooling_down')).toMatchObject({
      credential: one.id,
      reason,
    })
    await collect(engine().complete(hello, running()))
    expect(provider.received.map(({ headers }) => headers.authorization)).toEqual([
      'Bearer secret-of-one',
      'Bearer secret-of-two',
      'Bearer secret-of-two',
    ])
    expect((await credentials.list()).map(({ id, state }) => [id, state])).toEqual([
      [one.id, 'cooling_down'],
      [two.id, 'healthy'],
    ])
  },
)
