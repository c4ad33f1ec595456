import { randomBytes } from 'node:crypto'
import { type CallDecision, newId, type StandingRule, type TaintLabel } from '@castellan/contracts'
import { APPROVAL_LIFE_MS, type ApprovalRecord, type Claim } from './lifecycle.ts'
import type { Previewed } from './preview.ts'

/** What a person is told beside the call itself. */
export interface Question {
  /** Why policy asks, one sentence. */
  readonly reason: string
  /** How many different people have to say yes. */
  readonly needed: number
  readonly taint: readonly TaintLabel[]
  readonly previewed: Previewed
  readonly always: StandingRule
  /** Asked ahead of the call, so the call id of the grant is not that of the call. */
  readonly ahead?: boolean
  /** What a model decided the call by, for the ledger alone: a person may say no, and then no other entry tells of it. */
  readonly decision?: CallDecision | undefined
}

/** The record that a question begins as: open, with a nonce of its own, for ten minutes from `now`. */
export function newRecord(
  claim: Claim,
  { reason, needed, taint, previewed, always, ahead = false }: Question,
  now: number,
): ApprovalRecord {
  return {
    approval_id: newId('apr'),
    state: 'pending',
    call_id: claim.call_id,
    session: claim.session,
    agent: claim.agent,
    tool: claim.tool,
    effect: claim.effect,
    args: { ...claim.args },
    reason,
    ahead,
    taint: [...taint],
    ...previewed,
    always,
    needed,
    votes: [],
    ...(claim.aboutDigest === undefined ? {} : { about_digest: claim.aboutDigest }),
    binding: {
      args_digest: claim.argsDigest,
      policy_digest: claim.policyDigest,
      nonce: randomBytes(16).toString('base64url'),
      expires_at: new Date(now + APPROVAL_LIFE_MS).toISOString(),
    },
    requested_at: new Date(now).toISOString(),
  }
}
