import { createHash } from 'node:crypto'
import { canonicalJson, type ToolEffect } from '@castellan/contracts'
import type { Policy, PolicyDecision, PolicyQuestion } from './policy.ts'

interface Rule extends PolicyDecision {
  readonly principal: 'agent' | 'operator'
  readonly effects: readonly ToolEffect[]
}

const rules: readonly Rule[] = [
  {
    rule: 'operators-act',
    principal: 'operator',
    effects: ['read', 'change', 'destroy'],
    decision: 'allow',
    reason: 'The operator asked for it, through the socket that only root may use.',
  },
  {
    rule: 'agents-read',
    principal: 'agent',
    effects: ['read'],
    decision: 'allow',
    reason: 'Reading changes nothing.',
  },
  {
    rule: 'agents-ask-to-change',
    principal: 'agent',
    effects: ['change'],
    decision: 'ask',
    reason: 'This changes the machine, so a person has to agree.',
  },
  {
    rule: 'agents-ask-to-destroy',
    principal: 'agent',
    effects: ['destroy'],
    decision: 'ask',
    reason: 'This cannot be cleanly taken back, so a person has to agree.',
  },
]

/** Agents read freely and ask before they change or destroy; the operator acts; everything else is denied. */
export function defaultPolicy(): Policy {
  return {
    digest: createHash('sha256').update(canonicalJson(rules)).digest('hex'),
    decide({ principal, tool }: PolicyQuestion): PolicyDecision {
      const match = rules.find((rule) => rule.principal === principal.kind && rule.effects.includes(tool.effect))
      if (match === undefined) return { decision: 'deny', rule: 'default-deny', reason: 'No rule permits it.' }
      return { decision: match.decision, rule: match.rule, reason: match.reason }
    },
  }
}
