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
  UndoKind,
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
  /** What is known of the command it would run: `harmless` does no more than read. */
  readonly command: 'harmless' | 'ask' | 'none'
  /** Whether a person agreed to exactly this call when the routine or watcher was set up. */
  readonly agreed: boolean
  /** Through what the caller says that it speaks (`page`, `mcp`, `telegram`, …). Its own word, so good for forbidding only. */
  readonly channel: string | undefined
  /** When it is decided, in milliseconds since 1970. */
  readonly now: number
}

/** A tool as policy sees it. Every tool is one. */
export interface PolicyTool {
  readonly name: string
  readonly effect: ToolEffect
  readonly undo: UndoKind
}

/** What a policy is asked: may this principal do this to the machine? */
export interface PolicyQuestion {
  readonly principal: {
    readonly kind: 'agent' | 'operator' | 'routine'
    readonly agent: AgentName
    readonly session: SessionId
  }
  readonly tool: PolicyTool
  /** The arguments as they were sent. */
  readonly args: Readonly<Record<string, unknown>>
  /** The arguments as the tool's schema read them, defaults filled in. */
  readonly input: unknown
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
