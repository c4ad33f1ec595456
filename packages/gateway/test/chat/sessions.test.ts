import { BudgetListing, SessionListing } from '@castellan/contracts'
import { expect, test } from 'vitest'
import { textOf } from '../support/client.ts'
import { callFor } from '../support/engine.ts'
import { startGateway } from '../support/gateway.ts'
import { startAgentd } from '../support/real-agentd.ts'

async function startBoth(settings: NodeJS.ProcessEnv = {}) {
  const gateway = await startGateway({ agentd: false })
  const agentd = await startAgentd(gateway.folder, settings)
  const list = () => agentd.operator.request('GET', '/v1/sessions', { schema: SessionListing })
  return { gateway, agentd, list }
}

test('each chat that the owner begins is a session of its own, which nobody else can act in', async () => {
  const { gateway, agentd, list } = await startBoth()
  const client = await gateway.connect()
  await client.ask('/call memory_usage {}')
  client.send({ type: 'chat', text: '/call memory_usage {}', chat_id: 'other' })
  await client.hears('tool_result', ({ chat_id }) => chat_id === 'other')
  const { sessions } = await list()
  expect(sessions.map(({ kind }) => kind)).toEqual(['opened', 'opened'])
  await agentd.restart()
  await client.ask('/call memory_usage {}')
  expect((await list()).sessions).toHaveLength(2)
})

test('a chat whose session agentd no longer knows goes on in another one', async () => {
  const { gateway, agentd, list } = await startBoth()
  const client = await gateway.connect()
  await client.ask('/call memory_usage {}')
  await agentd.forget()
  const heard = await client.ask('/call memory_usage {}')
  expect(heard.find(({ type }) => type === 'tool_result')).toMatchObject({ ok: true })
  expect((await list()).sessions.map(({ kind }) => kind)).not.toContain('opened')
  expect((await client.ask('/call memory_usage {}')).some(({ type }) => type === 'error')).toBe(false)
})

test('what the model uses is reported, and a spent budget ends the conversation in words', async () => {
  const limit = JSON.stringify({ session: { assist: { tokens: 6 } } })
  const { gateway, agentd } = await startBoth({ CASTELLAN_BUDGETS: limit })
  const client = await gateway.connect()
  await client.ask('how full are my disks?')
  const { budgets } = await agentd.operator.request('GET', '/v1/budgets?scope=day', { schema: BudgetListing })
  expect(budgets.find(({ resource }) => resource === 'tokens')?.spent).toBe(4)
  gateway.engine.answer = () => callFor('disk_usage')
  client.send({ type: 'chat', text: 'again' })
  const error = await client.hears('error')
  expect(error).toMatchObject({
    code: 'budget_exceeded',
    message: expect.stringContaining('agentctl budget raise session:'),
  })
  await client.hears('done', () => true, client.frames.indexOf(error))
  expect(textOf(await client.ask('/help'))).toContain('/status')
})
