import { createHash } from 'node:crypto'
import { type Approval, CastellanError, canonicalJson, type StandingRule } from '@castellan/contracts'
import type { Claim } from '../approvals/lifecycle.ts'
import { previewOf } from '../approvals/preview.ts'
import type { Question } from '../approvals/question.ts'
import { type Call, whyStopped } from './call.ts'
import type { Permission } from './decide.ts'
import type { CallParts } from './path.ts'
import type { Plan } from './plan.ts'
import { refuse } from './refuse.ts'

const NOT_FOR_TWO: StandingRule = {
  possible: false,
  reason: 'Two people have to agree to every such call, so there is no rule that allows it always.',
}

/** Why a call may go on: policy lets it, or people agreed to exactly this call. Or it may not yet. */
export type Permit =
  | { readonly kind: 'policy' }
  | { readonly kind: 'grant'; readonly approval: Approval }
  | { readonly kind: 'pending'; readonly approval: Approval }

/**
 * Spends the grant that the caller came back with or that was given ahead, or asks a person for one. Throws
 * `approval_unknown`, `approval_mismatch`, `approval_denied`, `approval_expired`, `approval_withdrawn`, `approval_stale`,
 * `approval_revoked` or `approval_spent`, which are recorded.
 */
export async function approve(parts: CallParts, call: Call, planned: Plan, permission: Permission): Promise<Permit> {
  const claim = claimOf(parts, call, planned, permission)
  if (permission.decision === 'allow') return settleIfAsked(parts, call, claim)
  try {
    const approval =
      call.approvalId === undefined
        ? await ask(parts, call, claim, permission)
        : await parts.approvals.spend(call.approvalId, claim)
    return { kind: approval.state === 'spent' ? 'grant' : 'pending', approval }
  } catch (error) {
    if (error instanceof CastellanError && isVerdict(error)) throw await refuse(parts, call, error)
    throw error
  }
}

/** What an approval is bound to: exactly this call, about exactly these things, under the policy in force, by as many people as that wants. */
export function claimOf(
  { policy }: Pick<CallParts, 'policy'>,
  call: Call,
  { resources }: Pick<Plan, 'resources'>,
  { approvals: needed = 1 }: Pick<Permission, 'approvals'>,
): Claim {
  const aboutDigest = createHash('sha256').update(canonicalJson(resources)).digest('hex')
  return { ...call, tool: call.name, effect: call.tool.effect, aboutDigest, policyDigest: policy.digest, needed }
}

/** The question about this call, made where it is not open yet. A yes that was given ahead is used up at once. */
async function ask(parts: CallParts, call: Call, claim: Claim, permission: Permission): Promise<Approval> {
  const { approvals } = parts
  const question = async (): Promise<Question> => ({
    ...(await questionAbout(parts, call, claim, permission)),
    decision: call.decision,
  })
  const earlier = approvals.earlier(claim)
  const asked = earlier ?? (await approvals.ask(claim, await question()))
  return asked.ahead && asked.state === 'approved' ? approvals.spend(asked.approval_id, claim) : asked
}

/** All that a person is told. Whatever of it cannot be made is left out with the reason, never the question itself. */
export async function questionAbout(
  { host, sessions, standing, log }: Pick<CallParts, 'host' | 'sessions' | 'standing' | 'log'>,
  call: Pick<Call, 'tool' | 'input' | 'signal' | 'caller' | 'session' | 'agreedBefore'>,
  claim: Claim,
  { reason, approvals = 1 }: Pick<Permission, 'reason' | 'approvals'>,
): Promise<Question> {
  const { tool, input, signal } = call
  const [previewed, always] = await Promise.all([
    previewOf(tool, input, host, signal),
    approvals > 1
      ? NOT_FOR_TWO
      : standing.ruleFor(claim).catch((error: unknown) => {
          log.error({ err: error, tool: claim.tool }, 'no standing rule could be made')
          return { possible: false as const, reason: 'No standing rule could be made for this call.' }
        }),
  ])
  if (signal.aborted) throw whyStopped(signal, 'nobody was asked')
  return { reason, needed: approvals, taint: sessions.labels(call), previewed, always }
}

/** The policy allows it by now, perhaps because somebody said "always" to this very question: then its grant is used up. */
async function settleIfAsked({ approvals }: CallParts, { approvalId }: Call, claim: Claim): Promise<Permit> {
  if (approvalId === undefined) return { kind: 'policy' }
  const approval = await approvals.spend(approvalId, claim).catch((error: unknown) => {
    if (error instanceof CastellanError && isVerdict(error)) return undefined
    throw error
  })
  return approval?.state === 'spent' ? { kind: 'grant', approval } : { kind: 'policy' }
}

function isVerdict({ code }: CastellanError): boolean {
  return code.startsWith('approval_')
}
