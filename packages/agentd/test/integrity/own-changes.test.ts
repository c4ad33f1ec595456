import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Approval, PolicyStatus } from '@castellan/contracts'
import { expect, test } from 'vitest'
import { tools } from '../../src/tools/index.ts'
import { asDone, asPending, TestAgentd } from '../support/agentd.ts'

test('a rule of "always", and rules that the operator puts in force, are no violation; what is left by hand is one', async () => {
  const agentd = await TestAgentd.start({ tools })
  const folder = join(agentd.stateDir, 'policy')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  asDone(await agentd.operate('integrity_baseline'))
  const differing = async () => {
    const { result } = asDone(await agentd.operate('integrity_status'))
    const { differences } = result as { differences: { path: string }[] }
    return differences.flatMap(({ path }) => (path.startsWith(folder) ? [path] : []))
  }
  expect(await differing()).toEqual([])

  const { approval_id } = asPending(await agentd.call('file_write', { path: 'note', content: 'milk' }))
  await agentd.operator.request('POST', `/v1/approvals/${approval_id}/decision`, {
    body: { verdict: 'always' },
    schema: Approval,
  })
  expect(await differing()).toEqual([])

  const path = join(folder, 'own.cedar')
  writeFileSync(path, '@id("no-deletes")\nforbid (principal, action == Action::"file_delete", resource);\n', {
    mode: 0o600,
  })
  expect(await differing()).toEqual([path])
  await agentd.operator.request('POST', '/v1/policy/reload', { schema: PolicyStatus })
  expect(await differing()).toEqual([])

  const taken = (await agentd.entries('&type=integrity_baseline')).map(({ entry }) => entry)
  expect(taken.map(({ facts }) => facts?.why)).toEqual(['reload', 'change', 'taken'])
  const loaded = (await agentd.entries('&type=policy_loaded')).map(({ entry }) => entry.index)
  expect(taken.map(({ target }) => target)).toEqual([loaded[0], loaded[1], undefined])
})
