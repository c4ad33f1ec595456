import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { builtInRules, builtInText, withDefaults } from '../../src/policy/built-in.ts'
import { validateRules } from '../../src/policy/cedar.ts'
import { CedarPolicy } from '../../src/policy/cedar-policy.ts'
import { OfflinePolicy } from '../../src/policy/offline.ts'
import { policySchema } from '../../src/policy/schema.ts'
import { tools } from '../../src/tools/index.ts'
import { question, rules } from './questions.ts'

const decideBy = (text: string) => new CedarPolicy(rules(text))
const path = (id: string, access: 'read' | 'write' = 'write') => ({ kind: 'path' as const, id, access })

test('the default rules pass the tests that come with them', async () => {
  await using policy = await OfflinePolicy.open(join(tmpdir(), 'no-such-policy-folder'))
  const results = await policy.test({ builtIn: true })
  expect(results.filter(({ ok }) => !ok)).toEqual([])
  expect(results.length).toBeGreaterThan(20)
})

test.each(['default', 'restricted'] as const)('the %s rules fit the whole schema of the tools', (which) => {
  const all = builtInRules(which)
  const json = Object.fromEntries(all.map((rule) => [rule.id, rule.json]))
  expect(validateRules(policySchema(tools), json)).toEqual([])
  expect(all.length).toBe(builtInText(which).text.match(/^@id/gm)?.length)
})

test('what no rule permits is denied', () => {
  const policy = decideBy('@id("a") permit (principal is Operator, action, resource);')
  expect(policy.decide(question('system_health'))).toMatchObject({ decision: 'deny', rule: 'default-deny' })
  expect(new CedarPolicy([]).decide(question('system_health')).decision).toBe('deny')
})

test('a rule that wants agreement makes the call a question, one that wants two people asks for two', () => {
  const policy = decideBy(`
    @id("one") @reason("Ask.") permit (principal, action == Action::"file_write", resource) when { context.approvals >= 1 };
    @id("two") @reason("Ask two.") forbid (principal, action == Action::"file_write", resource in Path::"/etc")
    unless { context.approvals >= 2 };`)
  expect(policy.decide(question('file_write', { resources: [path('/srv/a')] }))).toEqual({
    decision: 'ask',
    rule: 'one',
    reason: 'Ask.',
  })
  expect(policy.decide(question('file_write', { resources: [path('/etc/hosts')] }))).toEqual({
    decision: 'ask',
    rule: 'two',
    reason: 'Ask two.',
    approvals: 2,
  })
})

test('more than two people are nobody to ask: the call is denied by what stands in the way', () => {
  const policy = decideBy(`
    @id("yes") permit (principal, action, resource);
    @id("three") @reason("Three.") forbid (principal, action, resource) unless { context.approvals >= 3 };`)
  expect(policy.decide(question('file_write'))).toMatchObject({ decision: 'deny', rule: 'three', reason: 'Three.' })
})

test('each thing that a call is about is decided on its own, and the strictest decides', () => {
  const policy = decideBy(`
    @id("mine") permit (principal, action, resource in Path::"/home/me");
    @id("asked") permit (principal, action, resource in Path::"/srv") when { context.approvals >= 1 };`)
  const move = (...ids: string[]) =>
    policy.decide(question('file_move', { resources: ids.map((id) => path(id)) })).decision
  expect(move('/home/me/a', '/home/me/b')).toBe('allow')
  expect(move('/home/me/a', '/srv/b')).toBe('ask')
  expect(move('/home/me/a', '/srv/b', '/etc/c')).toBe('deny')
  expect(move('/home/mean/a')).toBe('deny')
})

test('rules see reading and writing apart', () => {
  const policy = decideBy('@id("r") permit (principal, action, resource) when { context.access == "read" };')
  expect(policy.decide(question('file_move', { resources: [path('/a', 'read')] })).decision).toBe('allow')
  expect(policy.decide(question('file_move', { resources: [path('/a', 'read'), path('/b')] })).decision).toBe('deny')
})

test.each([
  ['Path::"/etc"', { kind: 'path', id: '/etc/ssh/sshd_config' }, true],
  ['Path::"/"', { kind: 'path', id: '/x' }, true],
  ['Path::"/etc"', { kind: 'path', id: '/etcetera' }, false],
  ['Unit::"getty@.service"', { kind: 'unit', id: 'getty@tty1.service' }, true],
  ['Host::"example.org"', { kind: 'host', id: 'api.example.org' }, true],
  ['Host::"example.org"', { kind: 'host', id: 'badexample.org' }, false],
  ['Host::"0.1"', { kind: 'host', id: '10.0.0.1' }, false],
  ['Option::"services.nginx"', { kind: 'option', id: 'services.nginx.enable' }, true],
] as const)('resource in %s holds for %j: %s', (ancestor, resource, holds) => {
  const policy = decideBy(`@id("a") permit (principal, action, resource in ${ancestor});`)
  const asked = question('file_read', { resources: [{ ...resource, access: 'read' }] })
  expect(policy.decide(asked).decision).toBe(holds ? 'allow' : 'deny')
})

test('rules read arguments as the tool read them, and a mistake in a name is found at loading', () => {
  const policy = decideBy(`
    @id("read") permit (principal, action == Action::"process_signal", resource)
    when { context.args.signal == "TERM" };`)
  expect(policy.decide(question('process_signal', { args: { signal: 'TERM' } })).decision).toBe('allow')
  expect(policy.decide(question('process_signal', { args: { signal: 'KILL' } })).decision).toBe('deny')
  expect(() =>
    rules('@id("a") permit (principal, action == Action::"file_write", resource) when { context.args.pth == "x" };'),
  ).toThrow(/pth/)
})

test('rules can go by agent, channel, time and what is left', () => {
  const policy = decideBy(`
    @id("office") permit (principal == Agent::"main", action in Action::"read", resource)
    when { context.time.hour >= 0 && context.time.weekday == "sat" && context.left has tokens && context.left.tokens > 10 };
    @id("no-telegram") @reason("No.") forbid (principal in Channel::"telegram", action, resource);`)
  const left = { tokens: 11 }
  expect(policy.decide(question('system_health', { context: { left } })).decision).toBe('allow')
  expect(policy.decide(question('system_health')).decision).toBe('deny')
  expect(policy.decide(question('system_health', { context: { left, channel: 'telegram' } })).rule).toBe('no-telegram')
})

test("an owner's rule takes the place of a built-in one with its name", () => {
  const own = rules('@id("agents-ask-to-change") forbid (principal is Agent, action in Action::"change", resource);')
  const policy = new CedarPolicy(withDefaults(own, builtInRules('default')))
  expect(policy.decide(question('file_write')).decision).toBe('deny')
  expect(policy.decide(question('system_health')).decision).toBe('allow')
})

test('the digest is over what rules say, not over how files are laid out', () => {
  const a = '@id("a") permit (principal, action, resource);'
  const b = '@id("b") forbid (principal is Agent, action in Action::"change", resource);'
  const digest = (text: string) => decideBy(text).digest
  expect(digest(`${a}\n${b}`)).toBe(digest(`// same\n${b}   ${a}`))
  expect(digest(`${a}\n${b}`)).not.toBe(digest(a))
  expect(digest(a)).not.toBe(digest(a.replace('principal,', 'principal is Agent,')))
})
