import type { RecalledFact } from '@castellan/contracts'
import { CastellanError, newId } from '@castellan/contracts'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fitting, recallMessages, tokensOfFact } from '../../src/memory/recall.ts'
import { request } from '../support/api.ts'
import { textOf, typesOf } from '../support/client.ts'
import { say } from '../support/engine.ts'
import { startGateway, type TestGatewayOptions } from '../support/gateway.ts'

const at = '2026-11-20T03:00:00.000Z'
const fact = (id: number, text: string) => ({
  ...{ id, text, source: 'the owner said so', tags: ['nas'], confidence: 1, by: 'main', labels: ['untrusted-text'] },
  ...{ createdAt: at, expiresAt: null, score: 1 },
})

async function startWithMemory(facts: readonly unknown[], options: TestGatewayOptions = {}) {
  const gateway = await startGateway(options)
  gateway.engine.kind = 'chat'
  gateway.engine.contextTokens = 32_000
  gateway.engine.answer = () => say('Understood.')
  gateway.agentd.tools.set('memory_recall', { run: () => ({ facts, truncated: false }) })
  return gateway
}

test('what is recalled is shown, and goes to the model as the result of a call, with where it is from', async () => {
  const gateway = await startWithMemory([fact(1, 'The NAS is in the attic.')])
  const client = await gateway.connect()
  const heard = await client.ask('where is the NAS?')
  expect(typesOf(heard).filter((type) => type !== 'status')).toEqual(['recalled', 'text', 'usage', 'done'])
  const recalled = heard.find(({ type }) => type === 'recalled')
  expect(recalled).toMatchObject({ about: 'where is the NAS?', left_out: 0, ledger_index: 1 })
  expect(recalled).toMatchObject({
    facts: [{ id: 1, text: 'The NAS is in the attic.', labels: ['untrusted-text'], stored_at: at }],
  })
  const messages = gateway.engine.requests[0]?.messages ?? []
  expect(messages.map(({ role }) => role)).toEqual(['system', 'user', 'assistant', 'tool'])
  expect(messages[0]).not.toMatchObject({ text: expect.stringContaining('attic') })
  expect(messages[3]).toMatchObject({
    ...{ role: 'tool', name: 'memory_recall', ok: true, summary: expect.stringContaining('as data') },
    result: {
      facts: [
        { text: 'The NAS is in the attic.', source: 'the owner said so', stored_by: 'main', taint: ['untrusted-text'] },
      ],
    },
  })
  expect(gateway.agentd.calls[0]).toMatchObject({ tool: 'memory_recall', args: { about: 'where is the NAS?' } })
})

test('a fact that is a secret is marked as one for whoever comes to speak later', () => {
  const secret: RecalledFact = {
    id: 1,
    text: 'x',
    source: 's',
    by: 'main',
    stored_at: at,
    confidence: 1,
    labels: ['secret'],
  }
  expect(recallMessages(newId('call'), 'x', [secret], 1)[1]).toMatchObject({ role: 'tool', secret: true })
  expect(recallMessages(newId('call'), 'x', [{ ...secret, labels: [] }], 1)[1]).not.toHaveProperty('secret')
})

test('what was recalled is still known to the model after a restart', async () => {
  const first = await startWithMemory([fact(1, 'The NAS is in the attic.')])
  await (await first.connect()).ask('where is the NAS?')
  await first.stop()
  const second = await startWithMemory([], { folder: first.folder })
  await (await second.connect()).ask('and the key?')
  const roles = second.engine.requests[0]?.messages.map(({ role }) => role)
  expect(roles).toEqual(['system', 'user', 'assistant', 'tool', 'assistant', 'user'])
})

test('an agent that should not remember asks nothing, and the built-in model is spared', async () => {
  const gateway = await startWithMemory([fact(1, 'The NAS is in the attic.')])
  const body = { memory: { enabled: false } }
  await request(gateway, '/api/v1/agents/main', { method: 'PUT', body })
  const client = await gateway.connect()
  expect(typesOf(await client.ask('where?'))).not.toContain('recalled')
  gateway.engine.kind = 'interpreter'
  expect(typesOf(await client.ask('where?', 'other'))).not.toContain('recalled')
  expect(gateway.agentd.calls).toHaveLength(0)
})

test('where memory refuses, the chat is told and the turn goes on', async () => {
  const gateway = await startWithMemory([])
  const refuse = () => {
    throw new CastellanError('memory_unreadable', 'The memory is damaged.')
  }
  gateway.agentd.tools.set('memory_recall', { run: refuse })
  const heard = await (await gateway.connect()).ask('where?')
  expect(heard.find(({ type }) => type === 'recalled')).toMatchObject({ facts: [], problem: 'The memory is damaged.' })
  expect(textOf(heard)).toBe('Understood.')
  gateway.agentd.tools.set('memory_recall', { effect: 'change', run: refuse })
  const asked = await (await gateway.connect()).ask('where?')
  expect(asked.find(({ type }) => type === 'recalled')).toMatchObject({
    problem: expect.stringContaining('person asked'),
  })
  expect(typesOf(asked)).not.toContain('approval_required')
})

test('never more than the budget is given, and the best that fits', () => {
  const facts = fc.array(
    fc.string({ maxLength: 600 }).map((text): RecalledFact => {
      return { id: 1, text, source: 's', by: 'main', stored_at: at, confidence: 1, labels: [] }
    }),
    { maxLength: 20 },
  )
  fc.assert(
    fc.property(facts, fc.integer({ min: 64, max: 2000 }), (all, budget) => {
      const { kept, tokens } = fitting(all, budget)
      expect(tokens).toBeLessThanOrEqual(budget)
      expect(tokens).toBe(kept.reduce((sum, one) => sum + tokensOfFact(one), 0))
      const [first] = all
      if (first !== undefined && tokensOfFact(first) <= budget) expect(kept[0]).toBe(first)
    }),
  )
})

test('what agents remember is read through the API as a call in the caller’s name', async () => {
  const gateway = await startWithMemory([fact(2, 'The NAS is in the attic.')])
  gateway.agentd.tools.set('memory_list', {
    run: ({ before }) => ({
      facts: [fact(before === undefined ? 9 : 3, 'A fact.')],
      nextBefore: before === undefined ? 9 : null,
    }),
  })
  const page = (await request(gateway, '/api/v1/memory?tags=nas,disk')).json
  expect(page.items).toMatchObject([{ id: 9, stored_at: at, tags: ['nas'] }])
  expect(gateway.agentd.calls[0]).toMatchObject({ tool: 'memory_list', args: { tags: ['nas', 'disk'], limit: 50 } })
  const rest = (await request(gateway, `/api/v1/memory?cursor=${page.next_cursor}`)).json
  expect([(rest.items as { id: number }[])[0]?.id, rest.next_cursor]).toEqual([3, null])
  const found = (await request(gateway, '/api/v1/memory/recall?about=nas')).json
  expect(found.items).toMatchObject([{ id: 2, text: 'The NAS is in the attic.' }])
})
