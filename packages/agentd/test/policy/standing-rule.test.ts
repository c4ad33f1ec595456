import { expect, test } from 'vitest'
import { CedarPolicy } from '../../src/policy/cedar-policy.ts'
import { ruleFor, type StandingCall } from '../../src/policy/standing-rule.ts'
import { question, rules, toolNamed } from './questions.ts'

function call(tool: string, args: Record<string, unknown>, rest: Partial<StandingCall> = {}): StandingCall {
  return { caller: 'agent', agent: 'main', tool: toolNamed(tool), args, resources: [], commands: [], ...rest }
}

function text(asked: StandingCall): string {
  const rule = ruleFor(asked)
  if (!rule.possible) throw new Error(rule.reason)
  return rule.text
}

test('a rule allows the very call it was made for, in the modes where agents may change, and no other', () => {
  const args = { argv: ['cp', 'a "b"', '\\', 'ü✓'], cwd: '.' }
  const policy = new CedarPolicy(rules(text(call('command_run', args))))
  const decide = (change: Parameters<typeof question>[1]) => policy.decide(question('command_run', change)).decision
  expect(decide({ args })).toBe('allow')
  expect(decide({ args, context: { mode: 'operate' } })).toBe('allow')
  for (const mode of ['observe', 'sensitive'] as const) expect(decide({ args, context: { mode } })).toBe('deny')
  expect(decide({ args: { ...args, cwd: '..' } })).toBe('deny')
  expect(decide({ args: { argv: ['cp', 'a "b"'], cwd: '.' } })).toBe('deny')
  expect(decide({ args: { ...args, timeoutSeconds: 60 } })).toBe('deny')
  const principal = { kind: 'agent', agent: 'other', session: 'ses_0123456789' } as never
  expect(decide({ args, principal })).toBe('deny')
  expect(policy.decide(question('shell_exec', { args })).decision).toBe('deny')
})

test('a rule is about the things that the call was about, wherever a link leads later', () => {
  const resources = [
    { kind: 'path' as const, id: '/srv/a', access: 'read' as const },
    { kind: 'unit' as const, id: 'nginx.service', access: 'write' as const },
  ]
  const args = { from: 'a', to: 'b' }
  const policy = new CedarPolicy(rules(text(call('file_move', args, { resources }))))
  expect(policy.decide(question('file_move', { args, resources })).decision).toBe('allow')
  const elsewhere = [{ kind: 'path' as const, id: '/etc/a', access: 'read' as const }, resources[1] as never]
  expect(policy.decide(question('file_move', { args, resources: elsewhere })).decision).toBe('deny')
  expect(policy.decide(question('file_move', { args })).decision).toBe('deny')
})

test('a rule has no wildcard and shows the arguments as they are', () => {
  const rule = text(call('service_restart', { unit: 'nginx' }))
  expect(rule).toContain(String.raw`context.arguments == "{\"unit\":\"nginx\"}"`)
  expect(rule).not.toMatch(/ like |\*/)
  expect(rule).toContain('principal == Agent::"main"')
  expect(ruleFor(call('service_restart', { unit: 'nginx' }))).toEqual(
    ruleFor(call('service_restart', { unit: 'nginx' })),
  )
})

test('no rule is written for arguments with characters that nobody sees', () => {
  for (const hidden of ['\u202e', '\u200b', '\u00ad', '\u{e0041}']) {
    const rule = ruleFor(call('file_write', { path: `a${hidden}b`, content: 'x' }))
    expect(rule).toMatchObject({ possible: false, reason: expect.stringMatching(/nobody sees/) })
  }
  const spoken = text(call('file_write', { path: 'Übung ✓ упр.txt', content: 'a\nb' }))
  expect(JSON.stringify(rules(spoken)[0]?.json)).toContain('Übung ✓ упр.txt')
})

test.each([
  [['python3', 'x.py']],
  [['python3.13', 'x.py']],
  [['python3-dbg', 'x.py']],
  [['php8.2-cgi', 'x.php']],
  [['nc.openbsd', '-l', '1']],
  [['bash-static', 'x']],
  [['runuser', '-u', 'ann', 'id']],
  [['tmux', 'new', 'id']],
  [['systemd-inhibit', 'id']],
  [['gosu', 'ann', 'id']],
  [['split', '--filter=id', 'x']],
  [['gcc', '-wrapper', 'id', 'x.c']],
  [['/usr/bin/ls']],
  [['./run']],
  [['bash', '-c', 'ls']],
  [['sudo', 'ls']],
  [['env', 'ls']],
  [['find', '.', '-exec', 'rm', '{}', ';']],
  [['fd', '-x', 'rm']],
  [['xargs', 'rm']],
  [['npx', 'cowsay']],
  [['npm', 'test']],
  [['uvx', 'ruff']],
  [['make']],
  [['git', 'status']],
  [['tar', 'xf', 'a.tar']],
  [['vim', 'x']],
  [['awk', '{print}']],
  [['busybox', 'ls']],
  [['timeout', '5', 'ls']],
  [['nsenter', '-t', '1']],
  [['some-wrapper', 'bash', '-c', 'ls']],
  [['some-wrapper', '/usr/bin/python3']],
  [['Bash', '-c', 'ls']],
  [['node22', 'x.js']],
  [['a b']],
  [['$(ls)']],
])('no rule is written for %j', (argv) => {
  const rule = ruleFor(call('command_run', { argv }, { commands: [argv] }))
  expect(rule).toMatchObject({ possible: false, reason: expect.stringMatching(/^There is no standing rule .+\.$/) })
})

test('no rule is written for what is asked about each time', () => {
  const refused = (asked: StandingCall) => expect(ruleFor(asked)).toMatchObject({ possible: false })
  refused(call('trash_empty', {}))
  refused(call('undo_apply', { index: 3 }))
  refused(call('routine_add', {}))
  refused(call('file_write', { path: 'a', content: 'x'.repeat(3000) }))
  refused(call('shell_exec', { script: 'rm "$x"' }, { commands: 'unknown' }))
  refused(
    call(
      'shell_exec',
      { script: 'cp a b; bash c' },
      {
        commands: [
          ['cp', 'a', 'b'],
          ['bash', 'c'],
        ],
      },
    ),
  )
  refused(call('file_write', {}, { caller: 'routine' }))
})
