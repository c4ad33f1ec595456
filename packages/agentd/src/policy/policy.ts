import type {
  AgentName,
  BudgetResource,
  CapabilityId,
  SessionId,
  SessionMode,
  Sha256Hex,
  TaintLabel,
  ToolEffect,
  ToolResource,
} from '@castellan/contracts'

/** What agentd knows of the session that asks, whatever its client says. */
export interface PolicyContext {
  readonly mode: SessionMode
  /** What it has taken in so far. */
  readonly taint: readonly TaintLabel[]
  /** What is left of each resource that is limited. */
  readonly left: Readonly<Partial<Record<BudgetResource, number>>>
  /** The capability that the call came with; it already stays inside. */
  readonly capability: CapabilityId | undefined
}

/** What a policy is asked: may this principal do this to the machine? */
export interface PolicyQuestion {
  readonly principal: {
    readonly kind: 'agent' | 'operator' | 'routine'
    readonly agent: AgentName
    readonly session: SessionId
  }
  readonly tool: { readonly name: string; readonly effect: ToolEffect }
  readonly args: Readonly<Record<string, unknown>>
  /** What on the machine the call is about. */
  readonly resources: readonly ToolResource[]
  readonly context: PolicyContext
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
