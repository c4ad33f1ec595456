import type { ToolResource } from '@castellan/contracts'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { builtInRules } from '../../src/policy/built-in.ts'
import { CedarPolicy } from '../../src/policy/cedar-policy.ts'
import { question, rules } from './questions.ts'

const standard = new CedarPolicy(builtInRules('default'))

describe('nothing the agent side says widens what is permitted', () => {
  test('whatever arguments look like, the default decision on them is the same', () => {
    const odd = fc.oneof(
      fc.object({ withNullPrototype: true, withBigInt: false, maxDepth: 3 }),
      fc.constant(JSON.parse('{"__proto__":{"approvals":9},"constructor":{"prototype":{}}}')),
      fc.constant({
        path: { __entity: { type: 'Operator', id: 'x' } },
        content: { __extn: { fn: 'decimal', arg: '1.0' } },
      }),
      fc.constant({ path: '\ud800', content: '\u202e\u0000' }),
      fc.constant({ approvals: 2, mode: 'operate', context: { approvals: 2 } }),
    )
    fc.assert(
      fc.property(odd, (args) => {
        for (const name of ['file_write', 'command_run']) {
          const decision = standard.decide(question(name, { args: args as Record<string, unknown> }))
          expect(decision).toMatchObject({ decision: 'ask', rule: 'agents-ask-to-change' })
        }
      }),
      { numRuns: 200 },
    )
  })

  test('names of things and of agents cannot pass for other entities', () => {
    const names = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('__proto__', '', '/', '/a/../b', '//', '"::Operator::"x'),
    )
    const kinds = fc.constantFrom<ToolResource['kind']>('path', 'unit', 'host', 'option', 'process', 'machine')
    fc.assert(
      fc.property(names, kinds, (id, kind) => {
        const resources = [{ kind, id, access: 'write' as const }]
        const { decision } = standard.decide(question('file_write', { resources }))
        expect(decision === 'ask' || decision === 'deny').toBe(true)
      }),
      { numRuns: 300 },
    )
  })

  test('a call about things that cannot be held against rules is denied', () => {
    for (const id of [
      '/a/../etc/passwd',
      'relative',
      '/a//b',
      '/a/./b',
      `/${'x/'.repeat(200)}y`,
      '/nul\0',
      '/\ud800',
    ]) {
      const decision = standard.decide(question('file_read', { resources: [{ kind: 'path', id, access: 'read' }] }))
      expect(decision, id).toMatchObject({ decision: 'deny', rule: 'unreadable' })
    }
    const many = Array.from({ length: 257 }, (_, n) => ({
      kind: 'path' as const,
      id: `/${n}`,
      access: 'read' as const,
    }))
    expect(standard.decide(question('file_read', { resources: many })).rule).toBe('unreadable')
  })

  const large = 'x'.repeat(20_000)
  const permitting =
    '@id("base") permit (principal, action == Action::"file_write", resource) when { context.approvals >= 1 };'

  test('an argument too large to be read makes what forbids by it forbid', () => {
    const policy = new CedarPolicy(
      rules(`${permitting} @id("no-keys") @reason("Keys.")
      forbid (principal, action == Action::"file_write", resource) when { context.args.content like "*PRIVATE KEY*" };`),
    )
    expect(policy.decide(question('file_write', { args: { content: 'hello' } })).decision).toBe('ask')
    expect(policy.decide(question('file_write', { args: { content: large } }))).toMatchObject({
      decision: 'deny',
      rule: 'no-keys',
    })
    expect(policy.decide(question('file_write', { args: { content: '\ud800' } })).decision).toBe('deny')
  })

  test('an argument too large to be read makes what permits by it not permit', () => {
    const policy = new CedarPolicy(
      rules(`${permitting} @id("not-secret") permit (principal, action == Action::"file_write", resource)
      when { !(context.arguments like "*secret*") };`),
    )
    expect(policy.decide(question('file_write', { args: { content: 'hello' } })).decision).toBe('allow')
    expect(policy.decide(question('file_write', { args: { content: large } })).decision).toBe('ask')
  })

  test('a number that would become another one is refused', () => {
    const text = '@id("a") permit (principal, action, resource) when { context.approvals < 9007199254740993 };'
    expect(() => rules(text)).toThrow(/15 digits/)
  })

  test('a rule that cannot be evaluated denies', () => {
    const policy = new CedarPolicy(
      rules(`${permitting} @id("sum") forbid (principal, action == Action::"file_write", resource)
      when { context.time.epochSeconds * 999999999999999 > 0 };`),
    )
    expect(policy.decide(question('file_write'))).toMatchObject({ decision: 'deny', rule: 'sum' })
  })

  test('a forbidden path is not reached through a folder above it', () => {
    const locked = new CedarPolicy([
      ...builtInRules('default'),
      ...rules('@id("locked") forbid (principal is Agent, action, resource in Path::"/srv/a/locked");'),
    ])
    const about = (id: string, tree: boolean) =>
      locked.decide(question('file_search', { resources: [{ kind: 'path', id, access: 'read', tree }] })).rule
    for (const above of ['/', '/srv', '/srv/a']) expect(about(above, true), above).toBe('locked')
    expect(about('/srv/a/locked/deep', true)).toBe('locked')
    for (const beside of ['/srv/b', '/srv/a/lock', '/srv/a/locked2']) expect(about(beside, true)).toBe('agents-read')
    // Looking at the folder above alone shows nothing of it.
    expect(about('/srv/a', false)).toBe('agents-read')
  })
})
