import { CastellanError } from '@castellan/contracts'
import type { PolicyContext, PolicyDecision } from '../policy/policy.ts'
import { judgeCall, reasonToAsk } from '../sandbox/index.ts'
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
  const { decision, rule, reason, approvals } = parts.policy.decide({
    principal: { kind: call.caller, agent: call.agent, session: call.session },
    tool: call.tool,
    args: call.args,
    resources,
    context: contextOf(parts, call),
  })
  if (decision === 'allow') return { decision, rule, reason }
  if (decision === 'ask') {
    const asked = { decision, rule, reason: await reasonFor(parts, call, reason) }
    return approvals === undefined ? asked : { ...asked, approvals }
  }
  const error = new CastellanError('policy_denied', `Policy denies ${call.name} (rule ${rule}): ${reason}`, {
    detail: { rule },
  })
  throw await refuse(parts, call, error)
}

/** A person who is asked about a command is told what about it is more than reading. */
async function reasonFor({ host }: CallParts, { name, args }: Call, reason: string): Promise<string> {
  const verdict = await judgeCall(host.sandbox, name, args)
  return verdict === undefined ? reason : reasonToAsk(verdict)
}

function contextOf({ sessions }: CallParts, call: Call): PolicyContext {
  return {
    mode: sessions.mode(call),
    taint: sessions.labels(call),
    left: sessions.left(call),
    capability: call.standing.capability === undefined ? undefined : lastOf(call.standing.capability).id,
  }
}
