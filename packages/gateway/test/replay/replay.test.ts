import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { callDecision, decisionFacts, type EngineDecision, type EngineEvent, ToolName } from '@castellan/contracts'
import { Replay } from '@castellan/contracts/api'
import { until } from '@castellan/testing'
import { expect, test } from 'vitest'
import { makeToken, request } from '../support/api.ts'
import { say } from '../support/engine.ts'
import { startGateway, type TestGateway } from '../support/gateway.ts'

const DISK_USAGE = ToolName.parse('disk_usage')
const digest = (letter: string) => letter.repeat(64)
const decision: EngineDecision = {
  modelDigest: digest('a'),
  promptDigest: digest('b'),
  grammarDigest: digest('c'),
  seed: 4711,
  engine: { name: 'castellan-engine', version: '0.1.0' },
}

function decides(args: Record<string, unknown>, by: Partial<EngineDecision> = {}): EngineEvent[] {
  return [
    { type: 'tool_call', name: 'disk_usage', args, confidence: 1 },
    {
      type: 'done',
      reason: 'tool_calls',
      usage: { promptTokens: 1, outputTokens: 1, durationMs: 1 },
      decision: { ...decision, ...by },
    },
  ]
}

/** A gateway in whose chat the model has asked for one call, the entry of which is 7. */
async function withDecision() {
  const gateway = await startGateway()
  gateway.engine.digest = digest('a')
  gateway.engine.answer = ({ messages }) => {
    const last = messages.at(-1)
    return last?.role === 'tool' ? say(last.summary) : decides({ path: '/srv' })
  }
  const client = await gateway.connect()
  await client.ask('how full is the planted-word disk')
  const call = gateway.agentd.calls.find(({ tool }) => tool === 'disk_usage')
  if (call?.decision === undefined) throw new Error('the call came without its decision')
  gateway.agentd.ledger.set(7, {
    type: 'intent',
    call_id: call.call_id,
    tool: DISK_USAGE,
    facts: { rule: 'reads', ...decisionFacts(call.decision) },
  })
  return { gateway, client, call }
}

async function replayed(gateway: TestGateway, index = 7): Promise<Replay> {
  const { status, json } = await request(gateway, `/api/v1/ledger/entries/${index}/replay`, { method: 'POST' })
  expect([status, json.code]).toEqual([200, undefined])
  return Replay.parse(json)
}

test('a call carries to agentd what the model decided it by, and not into its history', async () => {
  const { gateway, call } = await withDecision()
  expect(call.decision).toEqual(callDecision(decision, 0))
  expect(JSON.stringify(gateway.engine.requests.at(-1)?.messages)).not.toContain(digest('b'))
})

test('the same model with the same prompt and seed is asked again, and decides the same', async () => {
  const { gateway } = await withDecision()
  const first = gateway.engine.requests[0]
  const result = await until('it is kept', async () => {
    const result = await replayed(gateway)
    return result.reason === 'not_kept' ? null : result
  })
  expect(result).toMatchObject({ verdict: 'same', index: 7, tool: 'disk_usage', now: [{ args: { path: '/srv' } }] })
  const again = gateway.engine.requests.at(-1)
  expect(again).toMatchObject({ seed: 4711, priority: 'background' })
  expect([again?.messages, again?.tools]).toEqual([first?.messages, first?.tools])
  expect(gateway.agentd.calls.filter(({ tool }) => tool === 'disk_usage')).toHaveLength(1)
})

test.each<[string, EngineEvent[], Partial<Replay>]>([
  ['decides otherwise', decides({ path: '/home' }), { verdict: 'different' }],
  ['asks for nothing', [...decides({}).slice(1)], { verdict: 'different', now: [] }],
  [
    'reads the prompt otherwise',
    decides({ path: '/srv' }, { promptDigest: digest('d') }),
    { verdict: 'impossible', reason: 'prompt_changed' },
  ],
  [
    'is forced into something else',
    decides({ path: '/srv' }, { grammarDigest: null }),
    { verdict: 'impossible', reason: 'grammar_changed' },
  ],
  [
    'fails',
    [{ type: 'error', error: { code: 'engine_crashed', message: 'It died.' } }],
    { verdict: 'impossible', reason: 'engine_failed' },
  ],
])('a model that %s is reported so', async (_, events, wanted) => {
  const { gateway } = await withDecision()
  await until('it is kept', async () => (await replayed(gateway)).reason !== 'not_kept')
  gateway.engine.answer = () => events
  expect(await replayed(gateway)).toMatchObject(wanted)
})

test('another model that is loaded now is not asked, and the one that is missing is named', async () => {
  const { gateway } = await withDecision()
  await until('it is kept', async () => (await replayed(gateway)).reason !== 'not_kept')
  gateway.engine.digest = digest('e')
  const asked = gateway.engine.requests.length
  const result = await replayed(gateway)
  expect(result).toMatchObject({ verdict: 'impossible', reason: 'model_changed', replayed: null })
  expect(result.message).toContain(`agentctl model use ${'a'.repeat(16)}`)
  expect(gateway.engine.requests.length).toBe(asked)
})

test('what no model here decided cannot be replayed, nor what is of no call', async () => {
  const { gateway, call } = await withDecision()
  gateway.agentd.ledger.set(8, { type: 'intent', call_id: call.call_id, tool: DISK_USAGE, facts: { rule: 'reads' } })
  gateway.agentd.ledger.set(9, { type: 'daemon_started' })
  gateway.agentd.ledger.set(10, { type: 'outcome', call_id: call.call_id, tool: DISK_USAGE, intent: 7 })
  expect(await replayed(gateway, 8)).toMatchObject({ verdict: 'impossible', reason: 'no_decision', recorded: null })
  const none = await request(gateway, '/api/v1/ledger/entries/9/replay', { method: 'POST' })
  expect([none.status, none.json.code]).toEqual([404, 'not_found'])
  await until('it is kept', async () => (await replayed(gateway, 10)).verdict === 'same')
})

test('a call that waits for a person, or that one said no to, is replayed by its question', async () => {
  const { gateway, call } = await withDecision()
  if (call.decision === undefined) throw new Error('the call came without its decision')
  const of = { call_id: call.call_id, tool: DISK_USAGE }
  gateway.agentd.ledger.delete(7)
  gateway.agentd.ledger.set(11, { ...of, type: 'approval_requested', facts: decisionFacts(call.decision) })
  gateway.agentd.ledger.set(12, { ...of, type: 'approval_decided', ok: false })
  await until('it is kept', async () => (await replayed(gateway, 12)).verdict === 'same')
  expect(await replayed(gateway, 12)).toMatchObject({ verdict: 'same', index: 11 })
})

test('a ledger that tells of another decision than the one that was kept is not taken for it', async () => {
  const { gateway, call } = await withDecision()
  await until('it is kept', async () => (await replayed(gateway)).reason !== 'not_kept')
  const facts = decisionFacts({ ...callDecision(decision, 0), seed: 1 })
  gateway.agentd.ledger.set(7, { type: 'intent', call_id: call.call_id, tool: DISK_USAGE, facts })
  expect(await replayed(gateway)).toMatchObject({ verdict: 'impossible', reason: 'kept_mismatch' })
})

test('a prompt goes with its chat, and lies encrypted until then', async () => {
  const { gateway, client } = await withDecision()
  await until('it is kept', async () => (await replayed(gateway)).reason !== 'not_kept')
  const folder = join(gateway.folder, 'gateway')
  const files = readdirSync(folder).filter((name) => name.startsWith('decisions.db'))
  expect(files).not.toEqual([])
  for (const name of files) expect(readFileSync(join(folder, name)).includes('planted-word')).toBe(false)
  await client.close()
  const { items } = (await request(gateway, '/api/v1/chats')).json as { items?: { chat_id: string }[] }
  const deleted = await request(gateway, `/api/v1/chats/${items?.[0]?.chat_id}`, { method: 'DELETE' })
  expect(deleted.status).toBe(204)
  expect(await replayed(gateway)).toMatchObject({ verdict: 'impossible', reason: 'not_kept', before: [] })
})

test('asking for it takes the scope admin: what was in a call comes out', async () => {
  const { gateway } = await withDecision()
  const { secret } = await makeToken(gateway, { scopes: ['read', 'chat', 'operate'] })
  const { status } = await request(gateway, '/api/v1/ledger/entries/7/replay', { method: 'POST', token: secret })
  expect(status).toBe(403)
})
