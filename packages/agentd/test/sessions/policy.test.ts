import { join } from 'node:path'
import { type CallRequest, newId, type SessionId } from '@castellan/contracts'
import { expect, test } from 'vitest'
import { asDone, asPending, otherSession, refusal, TestAgentd } from '../support/agentd.ts'
import { sessionTools } from '../support/session-tools.ts'

function start(mode: string): Promise<TestAgentd> {
  return TestAgentd.start({ tools: sessionTools, settings: { SESSIONS__MODE: mode } })
}

function note(agentd: TestAgentd, rest: Partial<CallRequest> = {}) {
  return agentd.call('test_note', { path: join(agentd.stateDir, 'note'), text: 'x' }, rest)
}

test('in mode operate what can be taken back runs, until the session has read what somebody else may have written', async () => {
  const agentd = await start('operate')
  expect(asDone(await note(agentd)).ok).toBe(true)
  await agentd.call('test_hear', { labels: ['untrusted-text'] })
  for (const rest of [{}, { session: otherSession }, { session: newId('ses') as SessionId, agent: 'other' as never }]) {
    expect(asPending(await note(agentd, rest)).reason).toContain('words that others may have chosen')
  }
})

test('after a secret no call reaches another host, under whatever name', async () => {
  const agentd = await start('operate')
  expect(asDone(await agentd.call('test_reach', { host: 'example.org' })).ok).toBe(true)
  await agentd.call('test_hear', { labels: ['secret'] })
  for (const rest of [{}, { session: otherSession }, { agent: 'other' as never }]) {
    const error = await refusal(agentd.call('test_reach', { host: 'example.org' }, rest))
    expect(error).toMatchObject({ code: 'policy_denied', detail: { rule: 'secrets-reach-no-host' } })
  }
  expect(asDone(await agentd.operate('test_reach', { host: 'example.org' })).ok).toBe(true)
})

test('a mode that a call names narrows and never widens', async () => {
  const careful = await start('assist')
  expect(asPending(await note(careful, { mode: 'operate' })).status).toBe('approval_required')
  const free = await start('operate')
  expect(asPending(await note(free, { mode: 'assist' })).status).toBe('approval_required')
  expect((await refusal(note(free, { mode: 'observe' }))).code).toBe('policy_denied')
  const error = await refusal(free.call('test_reach', { host: 'example.org' }, { mode: 'sensitive' }))
  expect(['policy_denied', 'budget_exceeded']).toContain(error.code)
})

test('handing on a part of the rights needs nobody’s word', async () => {
  const agentd = await start('assist')
  expect(asDone(await agentd.call('capability_mint', { tools: ['test_echo'] })).ok).toBe(true)
})
