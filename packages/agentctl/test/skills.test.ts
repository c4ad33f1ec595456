import { join } from 'node:path'
import { CallAnswer, newId } from '@castellan/contracts'
import { UnixClient } from '@castellan/daemon'
import { expect, onTestFinished, test } from 'vitest'
import { startAgentd } from './support/agentd.ts'
import { agentctl } from './support/cli.ts'

const drafted = {
  name: 'quick-look',
  description: 'A quick look at the clock and the memory of this host.',
  tools: ['time_status', 'memory_usage'],
  whenToUse: 'When somebody asks whether all is well.',
}

test('the owner reads a proposal, accepts it, and takes it out again', async () => {
  const { state } = await startAgentd()
  const at = ['--state', state]
  const listed = await agentctl(['skill', ...at])
  expect(listed, listed.stderr).toMatchObject({ code: 0 })
  expect(listed.stdout).toMatch(/self-healing\s+shipped/)
  expect((await agentctl(['skill', 'show', 'self-healing', ...at])).stdout).toContain('## What not to do')
  expect(await agentctl(['skill', 'show', 'nothing', ...at])).toMatchObject({ code: 1 })
  expect(await agentctl(['skill', 'accept', 'quick-look', ...at])).toMatchObject({ code: 1 })

  const operator = new UnixClient({
    socketPath: join(state, 'sockets/operator.sock'),
    unavailable: 'agentd_unavailable',
    peer: 'agentd',
  })
  onTestFinished(() => operator.close())
  const session = newId('ses')
  const call = (tool: string, args = {}) =>
    operator.request('POST', '/v1/calls', {
      body: { call_id: newId('call'), session, agent: 'operator', tool, args },
      schema: CallAnswer,
    })
  for (const tool of [...drafted.tools, 'system_info', ...drafted.tools]) await call(tool)
  const hidden = { ...drafted, whenToUse: 'When somebody asks.\u009b31mIn red.' }
  expect(await call('skill_propose', hidden)).toMatchObject({ ok: false, error: { code: 'not_utf8' } })
  expect(await call('skill_propose', drafted)).toMatchObject({ ok: true })

  expect((await agentctl(['skill', 'list', ...at])).stdout).toMatch(/quick-look\s+operator.*time_status → memory_usage/)
  expect((await agentctl(['skill', 'show', 'quick-look', ...at])).stdout).toContain('It is no skill yet.')
  expect((await agentctl(['skill', 'accept', 'quick-look', ...at])).stdout).toMatch(/is a skill from now on/)
  expect((await agentctl(['skill', 'list', ...at])).stdout).toMatch(/quick-look\s+accepted/)
  expect((await agentctl(['skill', 'reject', 'quick-look', ...at])).stdout).toMatch(/is dropped/)
  expect((await agentctl(['skill', 'list', ...at])).stdout).not.toMatch(/quick-look/)
})
