import { join } from 'node:path'
import { type CallDecision, decisionOf, newId } from '@castellan/contracts'
import { expect, test } from 'vitest'
import { asDone, asPending, refusal, request, send, TestAgentd } from '../support/agentd.ts'

const decision: CallDecision = {
  model_digest: 'a'.repeat(64),
  prompt_digest: 'b'.repeat(64),
  grammar_digest: 'c'.repeat(64),
  seed: 0xffffffff,
  engine: 'castellan-engine 0.1.0',
  position: 2,
}
const { prompt_digest, ...recorded } = decision

test('what a model decided by lies with the intent: its digests in public, that of the prompt where it can be erased', async () => {
  const agentd = await TestAgentd.start()
  asDone(await send(agentd.agent, { ...request('test_echo', { text: 'hi' }), decision }))
  const [outcome, intent] = await agentd.entries()
  expect(decisionOf(intent?.entry.facts)).toEqual(recorded)
  expect(intent?.payload).toMatchObject({ args: { text: 'hi' }, prompt_digest })
  expect(JSON.stringify(intent?.entry)).not.toContain(prompt_digest)
  expect(decisionOf(outcome?.entry.facts)).toBeNull()
})

test('a decision without a grammar says so by leaving it out', async () => {
  const agentd = await TestAgentd.start()
  const free = { ...decision, grammar_digest: null }
  asDone(await send(agentd.agent, { ...request('test_echo', { text: 'hi' }), decision: free }))
  const [, intent] = await agentd.entries()
  expect(decisionOf(intent?.entry.facts)).toEqual({ ...recorded, grammar_digest: null })
})

test('a call that no model decided has none', async () => {
  const agentd = await TestAgentd.start()
  asDone(await agentd.call('test_echo', { text: 'hi' }))
  const [, intent] = await agentd.entries()
  expect(decisionOf(intent?.entry.facts)).toBeNull()
  expect(intent?.payload).not.toHaveProperty('prompt_digest')
})

test('a decision that is none is refused before anything happens', async () => {
  const agentd = await TestAgentd.start()
  const before = (await agentd.entries()).length
  const wrong = { ...decision, model_digest: 'the usual one' }
  expect(await refusal(send(agentd.agent, { ...request('test_echo', { text: 'hi' }), decision: wrong }))).toMatchObject(
    {
      code: 'invalid_request',
    },
  )
  expect(await agentd.entries()).toHaveLength(before)
})

test('the decision behind a call that a person is asked about is on record, whatever the person says', async () => {
  const agentd = await TestAgentd.start()
  const note = request('test_note', { path: join(agentd.stateDir, 'note'), text: 'x' })
  asPending(await send(agentd.agent, { ...note, decision }))
  const asked = (await agentd.entries()).find(({ entry }) => entry.type === 'approval_requested')
  expect(decisionOf(asked?.entry.facts)).toEqual(recorded)
  expect(asked?.payload).toMatchObject({ prompt_digest })
  expect(JSON.stringify(asked?.entry)).not.toContain(prompt_digest)
})

test('the decision behind a call that is refused is on record as well', async () => {
  const agentd = await TestAgentd.start()
  const note = request('test_note', { path: join(agentd.stateDir, 'note'), text: 'x' })
  const refused = await refusal(send(agentd.agent, { ...note, approval_id: newId('apr'), decision }))
  expect(refused.code).toBe('approval_unknown')
  const record = (await agentd.entries()).find(({ entry }) => entry.type === 'refused')
  expect(decisionOf(record?.entry.facts)).toEqual(recorded)
  expect(record?.payload).toMatchObject({ prompt_digest })
})
