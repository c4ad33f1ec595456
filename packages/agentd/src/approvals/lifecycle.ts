import {
  type AgentName,
  Approval,
  type ApprovalVerdict,
  type CallId,
  CastellanError,
  OperatorKeyId,
  type SessionId,
  type Sha256Hex,
  type ToolEffect,
  type ToolName,
} from '@castellan/contracts'
import { z } from 'zod'

/** How long a question waits for an answer and an answer for its use, in milliseconds. */
export const APPROVAL_LIFE_MS = 10 * 60_000

/** An approval as agentd keeps it: with the key that decided, so that revoking the key takes back what it granted. */
export const ApprovalRecord = Approval.extend({ decided_key: OperatorKeyId.optional() })
export type ApprovalRecord = z.infer<typeof ApprovalRecord>

/** The exact call that asks for an approval or comes back with one. */
export interface Claim {
  readonly caller: 'agent' | 'operator'
  readonly agent: AgentName
  readonly session: SessionId
  readonly call_id: CallId
  readonly tool: ToolName
  readonly effect: ToolEffect
  readonly args: Readonly<Record<string, unknown>>
  readonly argsDigest: Sha256Hex
  readonly policyDigest: Sha256Hex
}

/** Who decided, as people read it. */
export interface Decider {
  readonly name: string
  readonly key?: OperatorKeyId
}

/*
 *   pending ── approve ──▶ approved ── spend ──▶ spent
 *      │                       │
 *      ├── deny ──▶ denied     │
 *      └───────── time ────────┴──▶ expired
 *
 * Each function below is one arrow. Nothing leads back, and nothing leads out of spent, denied and expired.
 */

/** The record as it stands at `now`: a question nobody answered and a yes nobody used both end with their time. */
export function atTime(record: ApprovalRecord, now: number): ApprovalRecord {
  const open = record.state === 'pending' || record.state === 'approved'
  return open && now >= Date.parse(record.binding.expires_at) ? { ...record, state: 'expired' } : record
}

/** Throws `approval_expired`, `approval_spent` or `conflict`. */
export function decided(
  record: ApprovalRecord,
  verdict: ApprovalVerdict,
  decider: Decider,
  now: number,
): ApprovalRecord {
  const current = atTime(record, now)
  if (current.state !== 'pending') throw settledAlready(current)
  return {
    ...current,
    state: verdict === 'approve' ? 'approved' : 'denied',
    decided_at: new Date(now).toISOString(),
    decided_by: decider.name,
    ...(decider.key === undefined ? {} : { decided_key: decider.key }),
  }
}

/** Throws `approval_mismatch`, `approval_denied`, `approval_expired` or `approval_spent`; a pending one stays as it is. */
export function spent(record: ApprovalRecord, claim: Claim, now: number): ApprovalRecord {
  const difference = mismatch(record, claim)
  if (difference !== undefined) {
    throw new CastellanError(
      'approval_mismatch',
      `This approval is for another call, with another ${difference}. Nothing was done; ask for an approval of this call.`,
    )
  }
  const current = atTime(record, now)
  if (current.state === 'pending') return current
  if (current.state === 'approved') return { ...current, state: 'spent' }
  throw refusalOf(current)
}

/** What is different between the call that was asked about and the one at hand. */
function mismatch(record: ApprovalRecord, claim: Claim): string | undefined {
  if (claim.caller !== 'agent') return 'caller'
  if (record.agent !== claim.agent) return 'agent'
  if (record.session !== claim.session) return 'session'
  if (record.call_id !== claim.call_id) return 'call_id'
  if (record.tool !== claim.tool) return 'tool'
  if (record.binding.args_digest !== claim.argsDigest) return 'set of arguments'
  if (record.binding.policy_digest !== claim.policyDigest) return 'policy in force'
  return undefined
}

/** Whether this record is the question that the claim would ask. */
export function asksFor(record: ApprovalRecord, claim: Claim): boolean {
  return mismatch(record, claim) === undefined
}

/** Why a call may not go on with an approval in this state. */
export function refusalOf({ state, approval_id, decided_by }: ApprovalRecord): CastellanError {
  switch (state) {
    case 'denied':
      return new CastellanError(
        'approval_denied',
        `The call was denied by ${decided_by ?? 'a person'}. Nothing was done.`,
      )
    case 'expired':
      return new CastellanError(
        'approval_expired',
        'The approval was not given or not used within 10 minutes. Nothing was done; ask again with a new call_id.',
      )
    default:
      return new CastellanError(
        'approval_spent',
        `The approval ${approval_id} was used already; each is good for one call.`,
      )
  }
}

function settledAlready(record: ApprovalRecord): CastellanError {
  if (record.state === 'expired' || record.state === 'spent') return refusalOf(record)
  return new CastellanError('conflict', `The call was already ${record.state} by ${record.decided_by ?? 'a person'}.`)
}

/** The part that interfaces show. */
export function shown({ decided_key: _, ...approval }: ApprovalRecord): Approval {
  return approval
}

export const ApprovalFile = z.strictObject({ version: z.literal(1), approvals: z.array(ApprovalRecord) })
