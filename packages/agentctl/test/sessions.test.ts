import { expect, test } from 'vitest'
import { startAgentd } from './support/agentd.ts'
import { agentctl } from './support/cli.ts'

test('the operator sees what agents spent and read, raises a budget, and sets a mode', async () => {
  const { state } = await startAgentd()
  const at = ['--state', state]
  const asAgent = await agentctl(['call', 'memory_usage', '{}', '--agent', 'main', ...at])
  expect(asAgent, asAgent.stderr).toMatchObject({ code: 0 })

  const shown = await agentctl(['budget', 'show', 'agent:main', '--json', ...at])
  const calls = (JSON.parse(shown.stdout) as { resource: string; spent: number; limit: number }[]).find(
    ({ resource }) => resource === 'tool_calls',
  )
  expect(calls?.spent).toBe(1)

  const raised = await agentctl(['budget', 'raise', 'agent:main', 'tool_calls', '7', '--json', ...at])
  expect(raised.stdout).toContain(`"limit":${(calls?.limit ?? 0) + 7}`)
  expect((await agentctl(['budget', 'raise', 'main', 'calls', 'many', ...at])).code).toBe(2)

  expect((await agentctl(['session', 'mode', 'agent:main', 'observe', ...at])).stdout).toContain('is observe')
  expect((await agentctl(['session', 'mode', 'main', 'free', ...at])).code).toBe(2)
  const listed = await agentctl(['session', ...at])
  expect(listed.stdout).toMatch(/plain\s+observe/)
  expect((await agentctl(['session', 'clear', ...at])).code).toBe(2)
  expect((await agentctl(['session', 'clear', '--reason', 'It was my own log.', ...at])).code).toBe(0)
})

test('the operator sees capabilities and incidents, and revokes by id', async () => {
  const { state } = await startAgentd()
  const at = ['--state', state]
  const minted = await agentctl(['call', 'capability_mint', '{"tools":["memory_usage"]}', '--json', ...at])
  const { id } = (JSON.parse(minted.stdout) as { result: { id: string } }).result
  expect((await agentctl(['capability', ...at])).stdout).toMatch(new RegExp(`${id}\\s+valid`))
  expect((await agentctl(['capability', 'revoke', 'nonsense', ...at])).code).toBe(2)
  expect((await agentctl(['capability', 'revoke', id, ...at])).code).toBe(0)
  expect((await agentctl(['capability', 'list', ...at])).stdout).toMatch(new RegExp(`${id}\\s+revoked`))
  expect((await agentctl(['incidents', ...at])).stdout).toContain('No incident')
})
