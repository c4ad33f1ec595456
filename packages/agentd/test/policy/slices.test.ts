import { TaintLabel, type ToolResource } from '@castellan/contracts'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { builtInText } from '../../src/policy/built-in.ts'
import { CedarPolicy } from '../../src/policy/cedar-policy.ts'
import { question, rules, toolNamed } from './questions.ts'

const names = ['file_write', 'file_read', 'service_restart', 'command_run', 'http_check', 'trash_empty'] as const

const heads = {
  principal: fc.constantFrom(
    'principal',
    'principal is Agent',
    'principal is Operator',
    'principal == Agent::"main"',
    'principal == Routine::"nightly"',
    'principal in Channel::"telegram"',
    'principal is Agent in Channel::"telegram"',
  ),
  action: fc.oneof(
    fc.constantFrom('action', 'action in Action::"read"', 'action in [Action::"change", Action::"destroy"]'),
    fc.constantFrom('action in Action::"reversible"'),
    fc.constantFrom(...names).map((name) => `action == Action::"${name}"`),
  ),
  resource: fc.constantFrom(
    'resource',
    'resource is Path',
    'resource is Host',
    'resource == Path::"/etc/hosts"',
    'resource in Path::"/etc"',
    'resource is Path in Path::"/srv"',
    'resource in Unit::"getty@.service"',
    'resource == Machine::"this"',
  ),
}

const condition = fc.constantFrom(
  'context.approvals >= 1',
  'context.approvals >= 2',
  'context.arguments == "{}"',
  'context.session == "ses_0123456789" && context.approvals >= 1',
  'context.mode == "operate"',
  'context.mode != "assist"',
  'context.taint.contains("untrusted-text")',
  'context.taint.isEmpty()',
  'context.command == "harmless"',
  'context.access == "read"',
  'context.agreed',
  'context.channel == "telegram"',
  'context.capability',
  'context.arguments like "*x*"',
  'context.time.hour >= 12',
  'context.left has tokens && context.left.tokens > 5',
  'action in Action::"change"',
  'action == Action::"file_write"',
  'resource in Path::"/etc"',
  'principal is Agent',
  'principal in Channel::"telegram"',
  '[Path::"/etc/hosts", Path::"/srv/a"].contains(resource)',
)

const rule = fc
  .record({
    effect: fc.constantFrom('permit', 'permit', 'forbid'),
    principal: heads.principal,
    action: heads.action,
    resource: heads.resource,
    conditions: fc.array(fc.tuple(fc.constantFrom('when', 'unless'), condition), { maxLength: 2 }),
  })
  .map(({ effect, principal, action, resource, conditions }) => {
    const body = conditions.map(([word, expression]) => `${word} { ${expression} }`).join(' ')
    return `${effect} (${principal}, ${action}, ${resource}) ${body};`
  })

const about = fc.constantFrom<ToolResource[]>(
  [],
  [{ kind: 'path', id: '/etc/hosts', access: 'read' }],
  [{ kind: 'path', id: '/srv/a', access: 'write' }],
  [
    { kind: 'path', id: '/etc/a', access: 'write' },
    { kind: 'unit', id: 'getty@tty1.service', access: 'write' },
  ],
  [{ kind: 'host', id: 'api.example.org', access: 'read' }],
)

const asked = fc
  .record({
    tool: fc.constantFrom(...names),
    kind: fc.constantFrom('agent', 'operator', 'routine'),
    agent: fc.constantFrom('main', 'nightly'),
    resources: about,
    args: fc.constantFrom<Record<string, unknown>>({}, { content: 'xyz' }, { content: 'x'.repeat(20_000) }),
    mode: fc.constantFrom('observe', 'assist', 'operate', 'sensitive'),
    taint: fc.subarray([...TaintLabel.options]),
    command: fc.constantFrom('none', 'ask', 'harmless'),
    agreed: fc.boolean(),
    channel: fc.constantFrom(undefined, 'telegram'),
    left: fc.constantFrom({}, { tokens: 9 }),
  })
  .map(({ tool, kind, agent, resources, args, ...context }) =>
    question(toolNamed(tool), {
      principal: { kind, agent, session: 'ses_0123456789' } as never,
      resources,
      args,
      context: { capability: undefined, ...context } as never,
    }),
  )

test('slices decide as the whole set does, rules and reasons included', () => {
  fc.assert(
    fc.property(
      fc.array(rule, { minLength: 1, maxLength: 12 }),
      fc.array(asked, { minLength: 8, maxLength: 8 }),
      (texts, questions) => {
        const all = readLoosely(texts)
        const sliced = new CedarPolicy(all, { place: 'slices' })
        const whole = new CedarPolicy(all, { place: 'whole', sliced: false })
        for (const one of questions) expect(sliced.decide(one)).toEqual(whole.decide(one))
      },
    ),
    { numRuns: 60 },
  )
})

test('slices of the default rules decide as the whole set does', () => {
  const all = rules(builtInText('default').text)
  const sliced = new CedarPolicy(all, { place: 'slices' })
  const whole = new CedarPolicy(all, { place: 'whole', sliced: false })
  fc.assert(
    fc.property(asked, (one) => {
      expect(sliced.decide(one)).toEqual(whole.decide(one))
    }),
    { numRuns: 500 },
  )
})

/** Some combinations can never match, which loading would refuse; here they are as good as any. */
function readLoosely(texts: readonly string[]) {
  return texts.flatMap((text, n) => {
    try {
      return rules(`@id("r${n}") @reason("Rule ${n}.") ${text}`)
    } catch {
      return []
    }
  })
}
