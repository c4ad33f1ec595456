import { CastellanError } from '@castellan/contracts'
import type { PolicyContext, PolicyDecision, PolicyQuestion } from '../policy/policy.ts'
import { judgeCall, reasonToAsk, type Verdict } from '../sandbox/index.ts'
import { lastOf } from '../sessions/capabilities.ts'
import type { Call } from './call.ts'
import type { CallParts } from './path.ts'
import type { Plan } from './plan.ts'
import { refuse } from './refuse.ts'

/** A decision that lets the call go on, at once or once a person agreed. */
export type Permission = PolicyDecision & { readonly decision: 'allow' | 'ask' }

/** Asks the policy. Throws `policy_denied`, which is recorded. */
export async function decide(
  parts: CallParts,
  call: Call,
  { resources }: Pick<Plan, 'resources'>,
): Promise<Permission> {
  const verdict = await judgeCall(parts.host.sandbox, call.name, call.args)
  const question: PolicyQuestion = {
    principal: { kind: call.caller, agent: call.agent, session: call.session },
    tool: call.tool,
    args: call.args,
    input: call.input,
    resources,
    context: contextOf(parts, call, verdict),
  }
  const { decision, rule, reason, approvals } = decideNarrowed(parts, question, call)
  if (decision === 'allow') return { decision, rule, reason }
  if (decision === 'ask') {
    const asked = { decision, rule, reason: reasonFor(question, verdict, reason) }
    return approvals === undefined ? asked : { ...asked, approvals }
  }
  const error = new CastellanError('policy_denied', `Policy denies ${call.name} (rule ${rule}): ${reason}`, {
    detail: { rule },
  })
  throw await refuse(parts, call, error)
}

/** A caller may name a mode to be held to as well. Both have to let the call through, so naming one gains nothing. */
function decideNarrowed({ policy }: CallParts, question: PolicyQuestion, { narrowedTo }: Call): PolicyDecision {
  const granted = policy.decide(question)
  if (narrowedTo === undefined || narrowedTo === question.context.mode) return granted
  const narrowed = policy.decide({ ...question, context: { ...question.context, mode: narrowedTo } })
  return strictness(narrowed) > strictness(granted) ? narrowed : granted
}

/** How much a decision asks for: nothing, so many people, more than any number of people can give. */
export function strictness({ decision, approvals = 1 }: Pick<PolicyDecision, 'decision' | 'approvals'>): number {
  if (decision === 'allow') return 0
  return decision === 'ask' ? approvals : Number.POSITIVE_INFINITY
}

/** A person who is asked about a command is told what about it is more than reading. */
function reasonFor({ context }: PolicyQuestion, verdict: Verdict | undefined, reason: string): string {
  if (verdict === undefined) return reason
  return context.mode === 'operate' && verdict.verdict === 'harmless' ? reason : reasonToAsk(verdict)
}

function contextOf({ sessions }: CallParts, call: Call, verdict: Verdict | undefined): PolicyContext {
  return {
    mode: sessions.mode(call),
    taint: sessions.labels(call),
    left: sessions.left(call),
    capability: call.standing.capability === undefined ? undefined : lastOf(call.standing.capability).id,
    command: verdict?.verdict ?? 'none',
    agreed: call.agreedBefore,
    channel: call.channel,
    now: Date.now(),
  }
}
