import { type Approval, type ApprovalState, type LedgerEntryType, TaintLabel } from '@castellan/contracts'
import { isSecretDiff } from '../tools/files/secret.ts'
import type { ApprovalRecord } from './lifecycle.ts'

export const actors = { system: { kind: 'system', name: 'agentd' } } as const

/** The entry that records an ending which nobody decided. */
export const endings: Partial<Record<ApprovalState, LedgerEntryType>> = {
  expired: 'approval_expired',
  void: 'approval_void',
}

/** What every ledger entry about an approval says. */
export function about(record: ApprovalRecord) {
  return {
    session: record.session,
    call_id: record.call_id,
    approval_id: record.approval_id,
    tool: record.tool,
    effect: record.effect,
  }
}

/**
 * What the entry of a question says for ever: digests and limits, nothing of what was asked. `taints`: what the question
 * itself tells whoever carries it to people, so that asking about a file of secrets is no way to read it unlabelled.
 */
export function factsOf({ needed, ahead, taint, binding, always, preview }: Approval) {
  return {
    needed,
    policy_digest: binding.policy_digest,
    expires_at: binding.expires_at,
    ...(ahead ? { ahead } : {}),
    ...(taint.length === 0 ? {} : { taint: taint.join(' ') }),
    ...(preview?.diff !== undefined && isSecretDiff(preview.diff) ? { taints: TaintLabel.enum.secret } : {}),
    ...(always.possible ? { rule_digest: always.digest } : {}),
  }
}

/** Why an approval does not hold any more; nothing of one that ended otherwise. */
export function voidFacts({ void_because }: Approval): Readonly<Record<string, string>> {
  return void_because === undefined ? {} : { because: void_because }
}
