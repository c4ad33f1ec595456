import { PolicyFileName } from '@castellan/contracts'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Draft, freeName, isFileName } from '../../src/policy/draft.ts'
import { groupKinds } from '../../src/policy/kinds.ts'
import { lineDiff } from '../../src/policy/line-diff.ts'
import { groupsOf, type PolicyRule } from '../../src/policy/views.ts'

const file = (name: string, text = '') => ({ name, text, sha256: '' })

test('a trial counts for exactly the text it was made of', () => {
  const draft = new Draft()
  draft.begin({ files: [file('mine.cedar', 'old')] }, 'mine.cedar')
  expect([draft.text.value, draft.fresh.value, draft.current]).toEqual(['old', false, null])
  const trial = { ok: true } as never
  draft.tried.value = { file: 'mine.cedar', text: 'old', trial }
  expect(draft.current).toBe(trial)
  draft.text.value = 'new'
  expect(draft.current).toBeNull()
  draft.text.value = null
  expect(draft.current).toBeNull()
})

test('names are those that agentd takes, and a new file has one that is free', () => {
  const names = [
    'mine.cedar',
    'a.test.json',
    'default.cedar',
    '.x.cedar',
    'x/y.cedar',
    'x.txt',
    '',
    'A-1_b.cedar',
    `${'x'.repeat(120)}.cedar`,
  ]
  for (const name of names) expect([name, isFileName(name)]).toEqual([name, PolicyFileName.safeParse(name).success])
  fc.assert(
    fc.property(fc.string(), (name) => void expect(isFileName(name)).toBe(PolicyFileName.safeParse(name).success)),
  )
  expect(freeName({ files: [] })).toBe('mine.cedar')
  expect(freeName({ files: [file('mine.cedar'), file('mine-2.cedar')] })).toBe('mine-3.cedar')
})

test('what changes in a file is one block with three lines around it', () => {
  const lines = (middle: string[]) => `${['a', 'b', 'c', 'd', ...middle, 'e', 'f', 'g', 'h'].join('\n')}\n`
  expect(lineDiff('x', lines(['old']), lines(['new', 'newer'])).split('\n')).toEqual([
    '--- x',
    '+++ x',
    '@@ -2,7 +2,8 @@',
    ...[' b', ' c', ' d', '-old', '+new', '+newer', ' e', ' f', ' g'],
  ])
  expect(lineDiff('x', 'a\n', 'a\n')).toBe('')
  expect(lineDiff('x', '', 'a\n').split('\n').slice(2)).toEqual(['@@ -1,0 +1,1 @@', '+a'])
})

test('rules are grouped by file, one’s own first, and found by every word', () => {
  const rule = (id: string, where: string): PolicyRule => ({
    id,
    file: where,
    effect: 'permit',
    reason: `Why ${id}.`,
    line: 1,
    text: `@id("${id}")`,
    always: false,
  })
  const view = {
    rules: [rule('a', 'default.cedar'), rule('b', 'mine.cedar')],
    files: [file('empty.cedar'), file('mine.cedar'), file('x.test.json')],
  }
  expect(groupsOf(view, '').map(({ name, builtIn }) => [name, builtIn])).toEqual([
    ['empty.cedar', false],
    ['mine.cedar', false],
    ['default.cedar', true],
  ])
  expect(groupsOf(view, 'why B.').map(({ name }) => name)).toEqual(['mine.cedar'])
  expect(groupsOf(view, 'nothing like it')).toEqual([])
})

test('kinds of calls that change in the same way are one row', () => {
  const kind = {
    tools: ['x'],
    caller: 'agent',
    agent: 'main',
    taint: [],
    before: { decision: 'allow' as const, rule: 'a' },
    after: { decision: 'deny' as const, rule: 'b' },
  }
  const rows = groupKinds([
    { ...kind, mode: 'assist', about: 'path /a' },
    { ...kind, mode: 'operate', about: 'path /a' },
    { ...kind, mode: 'assist', about: 'unit something' },
    { ...kind, mode: 'assist', about: '', caller: 'routine' },
  ])
  expect(rows.map(({ caller, modes, abouts }) => [caller, modes, abouts])).toEqual([
    ['agent', ['assist', 'operate'], ['path /a', 'any unit']],
    ['routine', ['assist'], []],
  ])
})
