import { CastellanError } from '@castellan/contracts'
import { expect, it } from 'vitest'
import { probe } from '../../src/credentials/probe.ts'
import type { OutboundInit } from '../../src/outbound/outbound.ts'
import type { OutboundResponse } from '../../src/outbound/response.ts'
import { draft, testCredentials } from './support/store.ts'

interface Sent {
  readonly url: string
  readonly init: OutboundInit
}

/** An airlock that answers what it is told to, and remembers what was sent. */
function outside(...answers: (Response | Error)[]) {
  const sent: Sent[] = []
  const fetch = async (url: string | URL, init: OutboundInit) => {
    sent.push({ url: String(url), init })
    const answer = answers.shift() ?? new Response('', { status: 500 })
    if (answer instanceof Error) throw answer
    return answer as OutboundResponse
  }
  return { sent, fetch }
}

const json = (value: unknown, status = 200, headers: Record<string, string> = {}) =>
  new Response(JSON.stringify(value), { status, headers: { 'content-type': 'application/json', ...headers } })
const never = new AbortController().signal
const openai = {
  provider: 'openai',
  auth: 'api_key',
  baseUrl: null,
  secret: 'sk-PLANTED-key',
  model: undefined,
} as const

it('asks OpenAI for one token', async () => {
  const out = outside(json({ choices: [{}] }))
  expect(await probe(out, openai, never)).toMatchObject({ ok: true, code: null, model: 'gpt-4.1-nano' })
  const [{ url, init }] = out.sent as [Sent]
  expect(url).toBe('https://api.openai.com/v1/chat/completions')
  expect(init).toMatchObject({ method: 'POST', purpose: 'credential.probe', redirect: 'manual' })
  expect(init.headers?.authorization).toBe('Bearer sk-PLANTED-key')
  expect(JSON.parse(String(init.body))).toMatchObject({ max_completion_tokens: 1 })
})

it('asks Anthropic with a key, and with a subscription’s token', async () => {
  const out = outside(json({ content: [] }), json({ content: [] }))
  const anthropic = { ...openai, provider: 'anthropic' }
  await probe(out, anthropic, never)
  await probe(out, { ...anthropic, auth: 'oauth_token' }, never)
  expect(out.sent.map(({ url }) => url)).toEqual(Array(2).fill('https://api.anthropic.com/v1/messages'))
  expect(out.sent[0]?.init.headers?.['x-api-key']).toBe('sk-PLANTED-key')
  expect(out.sent[1]?.init.headers?.authorization).toBe('Bearer sk-PLANTED-key')
  expect(out.sent[1]?.init.headers?.['x-api-key']).toBeUndefined()
  expect(JSON.parse(String(out.sent[0]?.init.body))).toMatchObject({ max_tokens: 1 })
})

it('asks a server of one’s own which model it has, unless it is told', async () => {
  const out = outside(json({ data: [{ id: 'llama-3' }] }), json({ choices: [] }), json({ choices: [] }))
  const own = { ...openai, provider: 'mine', baseUrl: 'https://llm.example.org/v1/' }
  expect(await probe(out, own, never)).toMatchObject({ ok: true, model: 'llama-3' })
  expect(await probe(out, { ...own, model: 'named' }, never)).toMatchObject({ ok: true, model: 'named' })
  expect(out.sent.map(({ url }) => url)).toEqual([
    'https://llm.example.org/v1/models',
    'https://llm.example.org/v1/chat/completions',
    'https://llm.example.org/v1/chat/completions',
  ])
})

it.each([
  ['unauthorized', json({ error: { message: 'Incorrect API key provided: sk-PLANTED-key' } }, 401)],
  ['rate_limited', json({ error: { message: 'slow down' } }, 429, { 'retry-after': '7' })],
  ['quota_exhausted', json({ error: { code: 'insufficient_quota', message: 'You exceeded your quota' } }, 429)],
  ['quota_exhausted', json({ error: { message: 'Insufficient credits' } }, 402)],
  ['model_unknown', json({ error: { message: 'The model does not exist' } }, 404)],
  ['provider_refused', json({ error: { message: 'bad field' } }, 400)],
  ['provider_failed', new Response('<html>oops', { status: 502 })],
  ['provider_failed', new Response('<html>Sign in to this network</html>')],
  ['provider_refused', new Response('', { status: 302, headers: { location: 'https://evil.example' } })],
  ['egress_denied', new CastellanError('egress_denied', 'api.openai.com is not on the list.')],
])('says %s and no secret', async (code, answer) => {
  const result = await probe(outside(answer), openai, never)
  expect(result).toMatchObject({ ok: false, code })
  expect(JSON.stringify(result)).not.toContain('PLANTED')
})

it('is given up with whoever asked', async () => {
  const gone = outside(new CastellanError('cancelled', 'given up'))
  await expect(probe(gone, openai, never)).rejects.toMatchObject({ code: 'cancelled' })
})

it('is on record, is shown with the credential, lets one rest that is refused, and wakes it up again', async () => {
  const out = outside(json({}, 401), json({ content: [] }))
  const { credentials, ledger } = await testCredentials({ outbound: out })
  const { id } = await credentials.create(draft())
  expect(await credentials.test(id, undefined, never)).toMatchObject({ ok: false, code: 'unauthorized' })
  expect(await credentials.get(id)).toMatchObject({
    state: 'cooling_down',
    last_test: { ok: false, code: 'unauthorized' },
  })
  await credentials.test(id, undefined, never)
  expect(await credentials.get(id)).toMatchObject({ state: 'healthy', cooling_down: null, last_test: { ok: true } })
  expect(ledger.entries.filter(({ type }) => type === 'credential_tested')).toMatchObject([
    { ok: false, code: 'unauthorized' },
    { ok: true },
  ])
})
