import type { AgentName, SessionId } from '@castellan/contracts'
import type { PolicyContext, PolicyQuestion } from '../../src/policy/policy.ts'
import { readRules } from '../../src/policy/read-rules.ts'
import type { Rule } from '../../src/policy/rule.ts'
import { type Tool, tools } from '../../src/tools/index.ts'

export function toolNamed(name: string): Tool {
  const tool = tools.find((candidate) => candidate.name === name)
  if (tool === undefined) throw new Error(`there is no tool ${name}`)
  return tool
}

type Change = Partial<Omit<PolicyQuestion, 'context' | 'tool'>> & { readonly context?: Partial<PolicyContext> }

/** A question by agent `main` in mode assist, but for what is said otherwise. */
export function question(tool: string | Tool, { context, ...rest }: Change = {}): PolicyQuestion {
  return {
    principal: { kind: 'agent', agent: 'main' as AgentName, session: 'ses_0123456789' as SessionId },
    tool: typeof tool === 'string' ? toolNamed(tool) : tool,
    args: {},
    input: rest.args ?? {},
    resources: [],
    ...rest,
    context: {
      mode: 'assist',
      taint: [],
      left: {},
      capability: undefined,
      command: 'none',
      agreed: false,
      channel: undefined,
      now: Date.UTC(2026, 10, 21, 12),
      ...context,
    },
  }
}

export function rules(text: string): Rule[] {
  return readRules([{ name: 'test.cedar', text }], tools)
}
