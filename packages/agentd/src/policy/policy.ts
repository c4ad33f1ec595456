import type { AgentName, SessionId, Sha256Hex, ToolEffect } from '@castellan/contracts'

/** What a policy is asked: may this principal do this to the machine? */
export interface PolicyQuestion {
  readonly principal: { readonly kind: 'agent' | 'operator'; readonly agent: AgentName; readonly session: SessionId }
  readonly tool: { readonly name: string; readonly effect: ToolEffect }
  readonly args: Readonly<Record<string, unknown>>
}

export interface PolicyDecision {
  readonly decision: 'allow' | 'ask' | 'deny'
  /** The rule that decided, by its name in the policy. */
  readonly rule: string
  /** Why, one sentence for people. */
  readonly reason: string
  /** How many different people have to agree, where the policy asks; one without it. */
  readonly approvals?: number
}

/** Decides every call. Deciding has no effects and never fails: what a policy does not understand it denies. */
export interface Policy {
  /** Identifies the rules in force; approvals are bound to it. */
  readonly digest: Sha256Hex
  decide(question: PolicyQuestion): PolicyDecision
}
