import { expect, test } from 'vitest'
import { startAgentd } from './support/agentd.ts'
import { agentctl } from './support/cli.ts'

test('the owner sees, corrects, exports and forgets what agents remember', async () => {
  const { state } = await startAgentd()
  const run = (...args: string[]) => agentctl(['--state', state, ...args])
  expect((await run('memory')).stdout).toBe('Nothing is remembered.\n')
  const fact = { text: 'The NAS is in the cellar.\u001b[31m', source: 'the owner', tags: ['nas'] }
  expect(await run('call', 'memory_store', JSON.stringify(fact))).toMatchObject({ code: 0 })

  const listed = await run('memory', 'list', '--tag', 'nas')
  expect(listed.stdout).toMatch(/^1 .* the owner +The NAS is in the cellar\.�\[31m$/m)
  expect((await run('memory', 'list', '--tag', 'other')).stdout).toBe('Nothing is remembered.\n')
  expect((await run('memory', 'recall', 'where', 'is', 'the', 'nas')).stdout).toContain('in the cellar')

  expect((await run('memory', 'edit', '1', 'The NAS is in the attic.')).stdout).toContain('Changed number 1')
  const [line] = (await run('memory', 'export')).stdout.trim().split('\n')
  expect(JSON.parse(line ?? '')).toMatchObject({
    id: 1,
    text: 'The NAS is in the attic.',
    tags: ['nas'],
    source: 'the operator',
  })

  expect(await run('memory', 'forget', 'one')).toMatchObject({ code: 2 })
  expect(await run('memory', 'forget', '1')).toMatchObject({ code: 0 })
  expect(await run('memory', 'edit', '1', 'x')).toMatchObject({ code: 1 })
  expect((await run('memory')).stdout).toBe('Nothing is remembered.\n')
})
