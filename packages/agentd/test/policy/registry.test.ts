import { expect, test } from 'vitest'
import { z } from 'zod'
import { defineTool, tools } from '../../src/index.ts'
import { builtInRules, withDefaults } from '../../src/policy/built-in.ts'
import { CedarPolicy } from '../../src/policy/cedar-policy.ts'
import { question, rules } from './questions.ts'

const foreign = defineTool({
  name: 'github__close_issue',
  title: 'Close an issue',
  description: 'A tool of another MCP server.',
  input: z.record(z.string(), z.unknown()),
  output: z.unknown(),
  effect: 'change',
  undo: 'none',
  limits: { timeoutMs: 1000, outputBytes: 1000, perMinute: 10 },
  summary: () => 'Closed.',
  run: async () => null,
})

const server = [{ kind: 'mcp-server' as const, id: 'github', access: 'write' as const }]

test('a tool that came after the policy was loaded is decided by its groups and by its name', () => {
  const own = rules('@id("no-closing") forbid (principal, action == Action::"github__close_issue", resource);')
  const standard = new CedarPolicy(builtInRules('default'))
  const asked = question(foreign, { args: { number: 3 }, resources: server })
  expect(standard.decide(asked)).toMatchObject({ decision: 'ask', rule: 'agents-ask-to-change' })
  expect(standard.decide({ ...asked, context: { ...asked.context, taint: ['secret'] } }).rule).toBe(
    'secrets-reach-no-mcp-server',
  )
  expect(new CedarPolicy(withDefaults(own, builtInRules('default'))).decide(asked).rule).toBe('no-closing')
})

test('every tool of agentd can be decided about, by the whole set and by slices alike', () => {
  const all = builtInRules('default')
  const [sliced, whole] = [new CedarPolicy(all), new CedarPolicy(all, { sliced: false })]
  for (const tool of tools) {
    for (const mode of ['observe', 'assist', 'operate', 'sensitive'] as const) {
      const asked = question(tool, { context: { mode } })
      const decision = sliced.decide(asked)
      expect(decision, tool.name).toEqual(whole.decide(asked))
      expect(decision.rule, tool.name).not.toMatch(/policy-error|unreadable|default-deny/)
      if (tool.effect === 'destroy') expect(decision.decision, tool.name).toBe(mode === 'observe' ? 'deny' : 'ask')
    }
  }
})
