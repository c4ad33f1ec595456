import { rmSync } from 'node:fs'
import { join } from 'node:path'
import {
  type AgentName,
  BudgetListing,
  type BudgetResource,
  type CallRequest,
  newId,
  type SessionId,
  UsageAnswer,
} from '@castellan/contracts'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { asDone, asPending, otherSession, refusal, TestAgentd } from '../support/agentd.ts'
import { sessionTools } from '../support/session-tools.ts'

const session = 'ses_0123456789' as SessionId

function start(budgets: Record<string, unknown>, stateDir?: string): Promise<TestAgentd> {
  const settings = { BUDGETS: budgets }
  return TestAgentd.start({ tools: sessionTools, settings, ...(stateDir === undefined ? {} : { stateDir }) })
}

async function spent(agentd: TestAgentd, scope: string, resource: BudgetResource): Promise<number | undefined> {
  const path = `/v1/budgets?scope=${encodeURIComponent(scope)}`
  const { budgets } = await agentd.operator.request('GET', path, { schema: BudgetListing })
  return budgets.find((line) => line.resource === resource)?.spent
}

function raise(agentd: TestAgentd, scope: string, resource: BudgetResource, by: number) {
  return agentd.operator.request('POST', '/v1/budgets/raise', { body: { scope, resource, by }, schema: BudgetListing })
}

test('a spent budget stops before any effect, and says what, how much and how to go on', async () => {
  const agentd = await start({ session: { assist: { tool_calls: 2 } } })
  await agentd.call('test_echo')
  await agentd.call('test_echo')
  const error = await refusal(agentd.call('test_echo'))
  expect(error).toMatchObject({
    code: 'budget_exceeded',
    detail: { scope: `session:${session}`, resource: 'tool_calls', spent: 2, held: 0, limit: 2, wanted: 1 },
  })
  expect(error.message).toContain(`agentctl budget raise session:${session} tool_calls AMOUNT`)
  expect((await agentd.story()).filter((type) => type === 'intent')).toHaveLength(2)
})

test('the operator raises a budget, and is not limited by it', async () => {
  const agentd = await start({ session: { assist: { tool_calls: 1 } } })
  await agentd.call('test_echo')
  expect(asDone(await agentd.operate('test_echo')).ok).toBe(true)
  await refusal(agentd.call('test_echo'))
  const raised = await raise(agentd, `session:${session}`, 'tool_calls', 1)
  expect(raised.budgets.find(({ resource }) => resource === 'tool_calls')).toMatchObject({ spent: 1, limit: 2 })
  expect(asDone(await agentd.call('test_echo')).ok).toBe(true)
  expect((await refusal(agentd.call('test_echo'))).code).toBe('budget_exceeded')
  expect(await agentd.story()).toContain('budget_raised')
})

test('sixty-four calls at once do not overspend: exactly as many run as the budget has', async () => {
  const agentd = await start({ session: { assist: { tool_calls: 20 } } })
  const answers = await Promise.allSettled(Array.from({ length: 64 }, () => agentd.call('test_dawdle', { ms: 20 })))
  expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(20)
  const codes = answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason.code] : []))
  expect(new Set(codes)).toEqual(new Set(['budget_exceeded']))
  expect(await spent(agentd, `session:${session}`, 'tool_calls')).toBe(20)
})

test('another session of the same agent has a budget of its own, but the agent and all agents together have one too', async () => {
  const agentd = await start({ agentDay: { tool_calls: 2 }, day: { tool_calls: 3 } })
  await agentd.call('test_echo')
  await agentd.call('test_echo', {}, { session: otherSession })
  const ofAgent = await refusal(agentd.call('test_echo', {}, { session: newId('ses') }))
  expect(ofAgent).toMatchObject({ code: 'budget_exceeded', detail: { scope: 'agent:main' } })
  expect(ofAgent.retryAfterSeconds).toBeGreaterThan(0)
  expect(ofAgent.retryAfterSeconds).toBeLessThanOrEqual(86_400)
  await agentd.call('test_echo', {}, { agent: 'other' as AgentName })
  const ofAll = await refusal(agentd.call('test_echo', {}, { agent: 'third' as AgentName }))
  expect(ofAll).toMatchObject({ code: 'budget_exceeded', detail: { scope: 'day' } })
})

test('what was spent stays spent over a restart, with and without what agentd saved of it', async () => {
  const budgets = { session: { assist: { tool_calls: 2 } } }
  const agentd = await start(budgets)
  await agentd.call('test_echo')
  await agentd.call('test_echo')
  await raise(agentd, `session:${session}`, 'tool_calls', 1)
  await agentd.stop()
  const again = await start(budgets, agentd.stateDir)
  await again.call('test_echo')
  expect((await refusal(again.call('test_echo'))).code).toBe('budget_exceeded')
  await again.stop()
  rmSync(join(agentd.stateDir, 'agentd/sessions.json'))
  const anew = await start(budgets, agentd.stateDir)
  expect((await refusal(anew.call('test_echo'))).code).toBe('budget_exceeded')
})

test('files and bytes are counted before they are written, and a person is not asked about what cannot be', async () => {
  const agentd = await start({ session: { assist: { files_touched: 1, bytes_written: 400 } } })
  const path = join(agentd.stateDir, 'x')
  const large = { path, text: 'x'.repeat(400) }
  expect(await refusal(agentd.call('test_put', large))).toMatchObject({
    code: 'budget_exceeded',
    detail: { resource: 'bytes_written' },
  })
  expect(asPending(await agentd.call('test_put', { path, text: 'x' })).status).toBe('approval_required')
  await agentd.callApproved('test_put', { path, text: 'x' })
  expect(await spent(agentd, `session:${session}`, 'files_touched')).toBe(1)
  expect(await refusal(agentd.call('test_put', { path, text: 'y' }))).toMatchObject({
    code: 'budget_exceeded',
    detail: { resource: 'files_touched' },
  })
})

test('what leaves for another host is counted as the size of the arguments', async () => {
  const agentd = await start({ session: { assist: { egress_bytes: 100 } } })
  await agentd.call('test_reach', { host: 'example.org' })
  expect(await refusal(agentd.call('test_reach', { host: 'example.org', words: 'x'.repeat(100) }))).toMatchObject({
    code: 'budget_exceeded',
    detail: { resource: 'egress_bytes', spent: 22 },
  })
})

test('a call gets the running time that is left, and is stopped by it', async () => {
  const agentd = await start({ session: { assist: { wall_ms: 150 } } })
  const outcome = await agentd.call('test_dawdle', { ms: 5000 })
  expect(outcome).toMatchObject({ status: 'done', ok: false, error: { code: 'budget_exceeded' } })
  expect((await refusal(agentd.call('test_echo'))).code).toBe('budget_exceeded')
})

test('time that was set aside and not used is given back', async () => {
  // Five seconds are set aside for each call: were they not given back, the sixth would have none.
  const agentd = await start({ session: { assist: { wall_ms: 29_000 } } })
  for (let i = 0; i < 6; i += 1) expect(asDone(await agentd.call('test_echo')).ok).toBe(true)
})

test('tokens are counted as the gateway reports them, and stop calls once they are spent', async () => {
  const agentd = await start({ session: { assist: { tokens: 1000 } } })
  const report = (output_tokens: number) =>
    agentd.agent.request('POST', `/v1/sessions/${session}/usage`, {
      body: { agent: 'main', prompt_tokens: 500, output_tokens },
      schema: UsageAnswer,
    })
  expect(await report(100)).toEqual({ spent: [] })
  await agentd.call('test_echo')
  expect((await report(600)).spent).toMatchObject([{ resource: 'tokens', spent: 1700, limit: 1000 }])
  expect(await refusal(agentd.call('test_echo'))).toMatchObject({
    code: 'budget_exceeded',
    detail: { resource: 'tokens' },
  })
  const before = (await agentd.entries()).length
  expect((await report(1)).spent).toHaveLength(1)
  expect((await agentd.entries()).length).toBe(before)
})

test('refusals and questions are steps, so that nobody fills the ledger for free', async () => {
  const agentd = await start({ session: { assist: { steps: 3 } } })
  const ask = (rest: Partial<CallRequest> = {}) => agentd.call('test_put', { path: '/x', text: 'x' }, rest)
  await ask()
  const id = newId('call')
  await ask({ call_id: id })
  expect((await refusal(ask({ approval_id: newId('apr') }))).code).toBe('approval_unknown')
  expect(await refusal(ask())).toMatchObject({ code: 'budget_exceeded', detail: { resource: 'steps', spent: 3 } })
})

test('the sensitive mode has small budgets, and no bytes for other hosts', async () => {
  const agentd = await TestAgentd.start({ tools: sessionTools, settings: { SESSIONS__MODE: 'sensitive' } })
  expect((await refusal(agentd.call('test_reach', { host: 'example.org' }))).code).toBe('budget_exceeded')
  const { budgets } = await agentd.operator.request('GET', `/v1/budgets?scope=session:${session}`, {
    schema: BudgetListing,
  })
  expect(budgets.find(({ resource }) => resource === 'tool_calls')?.limit).toBe(200)
})

test('a call whose resources are unknown is not made', async () => {
  const agentd = await start({})
  expect((await refusal(agentd.call('test_lost', { path: '/x' }))).code).toBe('internal')
  expect((await agentd.story()).filter((type) => type === 'intent')).toEqual([])
})

test('files for sessions that somebody invents are taken until the budget of the day is spent, and not beyond', async () => {
  const agentd = await start({ day: { steps: 3 } })
  const files = [{ name: 'notes.txt', bytes: 5, sha256: 'a'.repeat(64) }]
  const attach = (session: string, agent: string) =>
    agentd.agent.request('POST', `/v1/sessions/${session}/attachments`, {
      ...{ body: { agent, files }, schema: z.strictObject({ recorded: z.literal(true) }) },
    })
  for (const number of [1, 2, 3]) await attach(`ses_invented${number}`, `agent-${number}`)
  expect((await refusal(attach('ses_invented4', 'agent-4'))).code).toBe('budget_exceeded')
  expect(await agentd.entries('&type=attachments_taken')).toHaveLength(3)
})
