import { operations } from '@castellan/contracts/api'
import { expect, expectTypeOf, test } from 'vitest'
import { CastellanError, createClient, type ErrorCode } from '../src/index.ts'
import { ScriptedGateway } from './support/gateway.ts'

const TOKEN = `cst_${'a'.repeat(43)}`
const refusal = (status: number, code: string, headers: Record<string, string> = {}) => ({
  ...{ status, headers },
  json: { code, message: `It is ${code}.`, request_id: 'req_1' },
})

async function connect(options: { tries?: number; timeoutMs?: number } = {}) {
  const gateway = await new ScriptedGateway().start()
  return { gateway, client: createClient({ url: gateway.url, token: TOKEN, ...options }) }
}

test('there is a method for every operation', async () => {
  const { client } = await connect()
  for (const { id } of operations) expect(client, id).toHaveProperty(id, expect.any(Function))
})

test('the parts of a request go where the operation has them', async () => {
  const { gateway, client } = await connect()
  gateway.answer = () => ({ json: { name: 'disk_usage' } })
  const tool = await client.getTool({ params: { tool: 'a/b c' } })
  expectTypeOf(tool.name).toEqualTypeOf<string>()
  await client.listTools({ query: { about: 'ä b', limit: 2 } })
  await client.decideApproval({ params: { approval_id: 'apr_1' }, body: { verdict: 'deny' } }, { requestId: 'mine' })
  const [one, two, three] = gateway.asked
  expect(one?.url.pathname).toBe('/api/v1/tools/a%2Fb%20c')
  expect(one?.headers.authorization).toBe(`Bearer ${TOKEN}`)
  expect(two?.url.searchParams.get('about')).toBe('ä b')
  expect([three?.method, three?.body, three?.headers['x-request-id']]).toEqual(['POST', '{"verdict":"deny"}', 'mine'])
})

test('a refusal is an error with the gateway’s code, words and request id', async () => {
  const { gateway, client } = await connect()
  gateway.answer = () => refusal(404, 'unknown_tool')
  const error = await client.getTool({ params: { tool: 'x' } }).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(CastellanError)
  expect(error).toMatchObject({ code: 'unknown_tool', status: 404, message: 'It is unknown_tool.', requestId: 'req_1' })
  expectTypeOf<CastellanError['code']>().toEqualTypeOf<ErrorCode | 'unreachable' | 'timeout' | 'bad_answer'>()
})

test('a refusal in OpenAI’s shape is the same error', async () => {
  const { gateway, client } = await connect()
  gateway.answer = () => ({
    status: 400,
    json: { error: { message: 'No.', type: 'invalid_request_error', param: null, code: 'invalid_request' } },
  })
  await expect(client.listOpenAiModels()).rejects.toMatchObject({ code: 'invalid_request', message: 'No.' })
})

test('what creates something is sent with one key, however often it is tried', async () => {
  const { gateway, client } = await connect()
  gateway.answer = (_, nth) =>
    nth === 1 ? 'break' : nth === 2 ? refusal(503, 'shutting_down') : { status: 201, json: {} }
  await client.createCall({ body: { tool: 'disk_usage' } })
  const keys = gateway.asked.map(({ headers }) => headers['idempotency-key'])
  expect(keys).toHaveLength(3)
  expect(new Set(keys).size).toBe(1)
  expect(keys[0]).toMatch(/^[0-9a-f-]{36}$/)
})

test('what neither reads nor has a key is not repeated when nobody knows whether it was done', async () => {
  const { gateway, client } = await connect()
  gateway.answer = () => 'break'
  const decision = client.decideApproval({ params: { approval_id: 'apr_1' }, body: { verdict: 'approve' } })
  await expect(decision).rejects.toMatchObject({ code: 'unreachable', status: 0 })
  expect(gateway.asked).toHaveLength(1)
})

test('what was turned away before anything was done is repeated when the gateway says so', async () => {
  const { gateway, client } = await connect()
  gateway.answer = (_, nth) => (nth === 1 ? refusal(429, 'rate_limited', { 'retry-after': '0' }) : { json: {} })
  await client.decideApproval({ params: { approval_id: 'apr_1' }, body: { verdict: 'approve' } })
  expect(gateway.asked).toHaveLength(2)
})

test('a wait that is longer than anybody has patience for is the caller’s to decide', async () => {
  const { gateway, client } = await connect()
  gateway.answer = () => refusal(429, 'rate_limited', { 'retry-after': '3600' })
  await expect(client.listTools()).rejects.toMatchObject({ code: 'rate_limited', retryAfter: 3600 })
  expect(gateway.asked).toHaveLength(1)
})

test('a refusal that stays one is not tried again, and one that passes only so often', async () => {
  const { gateway, client } = await connect({ tries: 2 })
  gateway.answer = () => refusal(403, 'forbidden')
  await expect(client.listTools()).rejects.toMatchObject({ code: 'forbidden' })
  expect(gateway.asked).toHaveLength(1)
  gateway.answer = () => refusal(503, 'agentd_unavailable')
  await expect(client.listTools()).rejects.toMatchObject({ code: 'agentd_unavailable' })
  expect(gateway.asked).toHaveLength(3)
})

test('aborting ends a request with the reason that was given, and no other try follows', async () => {
  const { gateway, client } = await connect()
  gateway.answer = () => 'hang'
  const stop = new AbortController()
  const asked = client.listTools({}, { signal: stop.signal })
  stop.abort(new Error('enough'))
  await expect(asked).rejects.toThrow('enough')
  expect(gateway.asked.length).toBeLessThanOrEqual(1)
})

test('a gateway that does not answer in time is an error of its own', async () => {
  const { gateway, client } = await connect({ tries: 1, timeoutMs: 50 })
  gateway.answer = () => 'hang'
  await expect(client.listTools()).rejects.toMatchObject({ code: 'timeout' })
})

test('an answer that is no JSON is said to be none', async () => {
  const { gateway, client } = await connect({ tries: 1 })
  gateway.answer = () => ({ text: '<html>', headers: { 'content-type': 'application/json' } })
  await expect(client.listTools()).rejects.toMatchObject({ code: 'bad_answer' })
})

test('a listing is read to its end, page after page', async () => {
  const { gateway, client } = await connect()
  gateway.answer = ({ url }) => {
    const from = Number(url.searchParams.get('cursor') ?? 0)
    return {
      json: { items: [{ name: `t${from}` }, { name: `t${from + 1}` }], next_cursor: from < 4 ? `${from + 2}` : null },
    }
  }
  const names: string[] = []
  for await (const tool of client.each('listTools', { query: { effect: 'read' } })) names.push(tool.name)
  expect(names).toEqual(['t0', 't1', 't2', 't3', 't4', 't5'])
  expect(gateway.asked.every(({ url }) => url.searchParams.get('effect') === 'read')).toBe(true)
})

test('what is no JSON comes as text', async () => {
  const { gateway, client } = await connect()
  gateway.answer = () => ({ text: 'c2sp.org/tlog-proof@v1\n', headers: { 'content-type': 'text/plain' } })
  const proof = await client.getLedgerProof({ params: { index: 7 } })
  expectTypeOf(proof).toEqualTypeOf<string>()
  expect(proof).toBe('c2sp.org/tlog-proof@v1\n')
})

test('events are read however the network cuts them', async () => {
  const { gateway, client } = await connect()
  const chunk = (content: string) =>
    `: note\r\nid: 1\r\ndata: ${JSON.stringify({ choices: [{ delta: { content } }] })}\r\n\r\n`
  gateway.answer = () => ({
    text: `${chunk('Gu')}${chunk('tên')}data: [DONE]\n\n`,
    headers: { 'content-type': 'text/event-stream' },
  })
  const words: (string | undefined)[] = []
  const body = { model: 'any', messages: [{ role: 'user' as const, content: 'hello' }], stream: true }
  for await (const event of client.events('createChatCompletion', { body })) words.push(event.choices[0]?.delta.content)
  expect(words.join('')).toBe('Gutên')
})

test('a tool that needs a yes is waited for, and its outcome is what comes back', async () => {
  const { gateway, client } = await connect()
  const call = { call_id: 'call_1', approval_id: 'apr_1', outcome: null, error: null }
  gateway.answer = (_, nth) => ({
    status: nth === 1 ? 201 : 200,
    json: nth < 3 ? { ...call, state: 'waiting' } : { ...call, state: 'done', outcome: { ok: true, summary: 'Done.' } },
  })
  const waited: string[] = []
  const outcome = await client.callTool('service_restart', { unit: 'x' }, { onWaiting: (id) => waited.push(id) })
  expect([outcome.summary, waited]).toEqual(['Done.', ['apr_1']])
})

test('a tool that was denied is an error with the reason', async () => {
  const { gateway, client } = await connect()
  const error = { code: 'approval_denied', message: 'The owner said no.' }
  gateway.answer = () => ({ status: 201, json: { state: 'refused', approval_id: 'apr_1', outcome: null, error } })
  await expect(client.callTool('file_write')).rejects.toMatchObject(error)
})
