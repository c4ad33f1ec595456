import { type Approval, CastellanError } from '@castellan/contracts'
import type { Call } from './call.ts'
import type { Permission } from './decide.ts'
import type { CallParts } from './path.ts'
import { refuse } from './refuse.ts'

/** Why a call may go on: policy lets it, or a person agreed to exactly this call. Or it may not yet. */
export type Permit =
  | { readonly kind: 'policy' }
  | { readonly kind: 'grant'; readonly approval: Approval }
  | { readonly kind: 'pending'; readonly approval: Approval }

/**
 * Spends the grant that the caller came back with, or asks a person for one. Throws `approval_unknown`,
 * `approval_mismatch`, `approval_denied`, `approval_expired` or `approval_spent`, which are recorded.
 */
export async function approve(parts: CallParts, call: Call, permission: Permission): Promise<Permit> {
  if (permission.decision === 'allow') return { kind: 'policy' }
  const claim = { ...call, tool: call.name, effect: call.tool.effect, policyDigest: parts.policy.digest }
  try {
    const approval =
      call.approvalId === undefined
        ? await parts.approvals.ask(claim, permission.reason)
        : await parts.approvals.spend(call.approvalId, claim)
    return { kind: approval.state === 'spent' ? 'grant' : 'pending', approval }
  } catch (error) {
    if (error instanceof CastellanError && isVerdict(error)) throw await refuse(parts, call, error)
    throw error
  }
}

function isVerdict({ code }: CastellanError): boolean {
  return code.startsWith('approval_')
}
