import { CastellanError, type StandingRule } from '@castellan/contracts'
import type { ApprovalRecord, Claim, Decider } from './lifecycle.ts'

/** The policy's side of "allow always": what it would write, and writing it. */
export interface StandingRules {
  /** The rule for calls of exactly this shape, as it would stand in the policy, or why there can be none. */
  ruleFor(claim: Claim): Promise<StandingRule>
  /** Writes the rule and puts it in force before it answers. Throws what keeps it from being written or loaded. */
  add(rule: string, about: { readonly approval_id: string; readonly by: string }): Promise<void>
}

/** The text of the rule that this person may put in force. Throws `approval_no_rule` or `forbidden`. */
export function ruleToAdd(record: ApprovalRecord, { mayAlways }: Decider): string {
  if (!record.always.possible) {
    throw new CastellanError('approval_no_rule', `${record.always.reason} Approve this one call, or deny it.`)
  }
  if (record.needed > 1) {
    throw new CastellanError(
      'approval_no_rule',
      'Two people have to agree to every such call, so there is no rule that allows it always. Approve this one call.',
    )
  }
  if (mayAlways) return record.always.rule
  throw new CastellanError(
    'forbidden',
    "A rule for later calls needs an operator key or `agentctl approve --always` on the host; the owner's token says yes to one call.",
  )
}
