import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '@castellan/testing'
import { expect, test } from 'vitest'
import { startAgentd } from './support/agentd.ts'
import { agentctl } from './support/cli.ts'

const note = '{"path":"notes.txt","content":"x"}'

function policyFolder(files: Record<string, string>): string {
  const folder = join(temporaryFolder(), 'policy')
  mkdirSync(folder, { mode: 0o700 })
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text, { mode: 0o600 })
  return folder
}

const free =
  '@id("notes") @reason("Notes are mine.")\npermit (principal is Agent, action == Action::"file_write", resource is Path);\n'

test('a policy folder is checked, tested, asked and compared without a Castellan that runs', async () => {
  const dir = policyFolder({
    'mine.cedar': free,
    'mine.test.json': JSON.stringify({
      tests: [{ name: 'notes are free', tool: 'file_write', args: JSON.parse(note), expect: 'allow', rule: 'notes' }],
    }),
  })
  const at = ['--state', temporaryFolder()]
  expect((await agentctl(['policy', 'check', dir, ...at])).stdout).toContain('1 rules of its own')
  expect(await agentctl(['policy', 'test', dir, ...at])).toMatchObject({ code: 0 })

  const told = await agentctl([
    'policy',
    'explain',
    '--tool',
    'file_write',
    '--args',
    note,
    '--dir',
    dir,
    '--json',
    ...at,
  ])
  expect(JSON.parse(told.stdout)).toMatchObject({
    decision: 'allow',
    rule: 'notes',
    where: 'mine.cedar:1',
    otherwise: [],
  })
  const observing = ['policy', 'explain', '--tool', 'file_write', '--args', note, '--mode', 'observe']
  expect((await agentctl([...observing, ...at])).stdout).toMatch(
    /^deny {2}It would be denied\.[\s\S]*the mode were operate: allow/,
  )

  const changes = await agentctl(['policy', 'diff', dir, '--json', ...at])
  const { differences, complete } = JSON.parse(changes.stdout)
  expect(complete).toBe(true)
  expect(differences).toContainEqual(
    expect.objectContaining({
      tools: ['file_write'],
      mode: 'assist',
      before: { decision: 'ask', rule: 'agents-ask-to-change' },
      after: { decision: 'allow', rule: 'notes' },
    }),
  )
})

test('what is wrong with a policy folder, a test or a question is told', async () => {
  const dir = policyFolder({ 'mine.cedar': `\n${free.replace('file_write', 'file_writ')}` })
  const bad = await agentctl(['policy', 'check', dir, '--json'])
  expect(bad.code).toBe(1)
  expect(JSON.parse(bad.stderr)).toMatchObject({
    code: 'policy_invalid',
    detail: { problems: [expect.stringMatching(/mine\.cedar:2: .*file_write/)] },
  })

  const failing = policyFolder({
    'a.test.json': '{"tests":[{"name":"free","tool":"file_write","args":{"path":"a","content":"x"},"expect":"allow"}]}',
  })
  const tested = await agentctl(['policy', 'test', failing])
  expect(tested.code).toBe(1)
  expect(tested.stdout).toContain('expected allow, got ask of 1 by rule agents-ask-to-change')

  const explain = ['policy', 'explain', '--dir', failing]
  expect((await agentctl([...explain, '--tool', 'file_writ'])).code).toBe(2)
  expect((await agentctl([...explain, '--tool', 'file_write', '--args', '{"pth":1}'])).code).toBe(2)
  expect((await agentctl([...explain, '--tool', 'file_write', '--mode', 'free'])).code).toBe(2)
})

test('the policy of a running agentd is shown, asked, changed and reloaded', async () => {
  const { state } = await startAgentd()
  const at = ['--state', state]
  expect((await agentctl(['policy', ...at])).stdout).toMatch(/agents-read\s+permit\s+default\.cedar/)
  const explain = ['policy', 'explain', '--tool', 'file_write', '--args', note, '--json', ...at]
  expect(JSON.parse((await agentctl(explain)).stdout)).toMatchObject({ decision: 'ask', mode: 'assist' })
  expect((await agentctl(['policy', 'mode', 'agent:main', 'operate', ...at])).code).toBe(0)
  expect(JSON.parse((await agentctl(explain)).stdout)).toMatchObject({ decision: 'allow', mode: 'operate' })

  mkdirSync(join(state, 'policy'), { recursive: true, mode: 0o700 })
  writeFileSync(join(state, 'policy/mine.cedar'), 'nonsense', { mode: 0o600 })
  expect(await agentctl(['policy', 'reload', ...at])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('stays in force'),
  })
  expect(await agentctl(['policy', 'show', ...at])).toMatchObject({
    code: 1,
    stdout: expect.stringContaining('mine.cedar:1'),
  })
  const draft = join(policyFolder({ 'mine.cedar': free, 'notes.txt': free, 'bad.cedar': 'nonsense' }), 'mine.cedar')
  const tried = await agentctl(['policy', 'try', draft, ...at])
  expect(tried).toMatchObject({ code: 0, stdout: expect.stringMatching(/added: notes[\s\S]*Nothing was changed/) })
  expect(await agentctl(['policy', 'try', draft.replace('mine', 'bad'), ...at])).toMatchObject({ code: 1 })
  expect((await agentctl(['policy', 'try', draft.replace('mine.cedar', 'notes.txt'), ...at])).code).toBe(2)

  writeFileSync(join(state, 'policy/mine.cedar'), free, { mode: 0o600 })
  expect((await agentctl(['policy', 'reload', ...at])).code).toBe(0)
  expect(JSON.parse((await agentctl([...explain, '--mode', 'assist'])).stdout)).toMatchObject({ rule: 'notes' })
  expect((await agentctl(['policy', 'rules', ...at])).stdout).toContain('Nothing is allowed always')
  expect((await agentctl(['policy', 'revoke', 'notes', ...at])).code).toBe(1)
})
