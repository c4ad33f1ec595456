import {
  type AgentName,
  Approval,
  type ApprovalVerdict,
  ApprovalVote,
  type CallId,
  CastellanError,
  OperatorKeyId,
  type SessionId,
  type Sha256Hex,
  type ToolEffect,
  type ToolName,
} from '@castellan/contracts'
import { z } from 'zod'
import type { Caller } from '../calls/call.ts'
import { refusalOf, samePerson, settledAlready } from './refusals.ts'

/** How long a question waits for an answer and an answer for its use, in milliseconds. */
export const APPROVAL_LIFE_MS = 10 * 60_000

/** An approval as agentd keeps it: each yes with its key, so that revoking the key takes back what it granted. */
export const ApprovalRecord = Approval.extend({
  votes: z.array(ApprovalVote.extend({ key: OperatorKeyId.optional() })).default([]),
  /** SHA-256 over what on the machine the call was about when it was asked: a link that leads elsewhere by now is another call. */
  about_digest: z.string().optional(),
})
export type ApprovalRecord = z.infer<typeof ApprovalRecord>

/** The exact call that asks for an approval or comes back with one. */
export interface Claim {
  readonly caller: Caller['kind'] | 'routine'
  readonly agent: AgentName
  readonly session: SessionId
  readonly call_id: CallId
  readonly tool: ToolName
  readonly effect: ToolEffect
  readonly args: Readonly<Record<string, unknown>>
  readonly argsDigest: Sha256Hex
  /** Of what on the machine it is about. */
  readonly aboutDigest?: string
  readonly policyDigest: Sha256Hex
  /** How many people the policy wants for it now; more than when it was asked, where the session took in more since. */
  readonly needed: number
}

/** Who decides. */
export interface Decider {
  /** As people read it. */
  readonly name: string
  /** Who stands behind the key; yeses of one person count once. */
  readonly person: string
  /** Absent for root on operator.sock and for the owner's token, which cannot be revoked one by one. */
  readonly key?: OperatorKeyId
  /** Whether this person may say yes to more than one call. */
  readonly mayAlways: boolean
}

/** What an approval depends on beside itself. */
export interface World {
  /** Milliseconds since 1970. */
  readonly now: number
  /** Of the policy in force. */
  readonly policyDigest: Sha256Hex
  readonly isEnrolled: (key: OperatorKeyId) => boolean
  /** Whether the operator has frozen all agents: then nothing that they asked holds. */
  readonly frozen?: boolean
}

/*
 *   pending ── enough yeses ──▶ approved ── spend ──▶ spent
 *      │                            │
 *      ├── one no ──▶ denied        │
 *      ├── time ────────────────────┼──▶ expired
 *      ├── the asker goes ──────────┼──▶ withdrawn
 *      ├── agents were frozen ──────┤
 *      └── policy changed ──────────┴──▶ void ◀── a key that said yes was revoked (approved only)
 *
 * Each function below is one kind of arrow. Nothing leads back, and nothing leads out of the states on the right.
 */

/** The record as the world leaves it: what time, a new policy, an emergency and revoked keys do to it without anybody deciding. */
export function asItStands(record: ApprovalRecord, world: World): ApprovalRecord {
  if (!isOpen(record)) return record
  if (world.now >= Date.parse(record.binding.expires_at)) return { ...record, state: 'expired' }
  if (world.frozen === true) return voided(record, 'agents_frozen')
  if (record.binding.policy_digest !== world.policyDigest) return voided(record, 'policy_changed')
  const votes = record.votes.filter(({ key }) => key === undefined || world.isEnrolled(key))
  if (votes.length === record.votes.length) return record
  return record.state === 'approved' ? voided(record, 'key_revoked') : { ...record, votes }
}

/**
 * One person's word. Throws `approval_expired`, `approval_spent`, `approval_withdrawn`, `approval_stale`,
 * `approval_revoked` or `conflict` for what is settled, and `approval_same_person` for a second yes of the same person.
 */
export function decided(
  record: ApprovalRecord,
  verdict: ApprovalVerdict,
  decider: Decider,
  world: World,
): ApprovalRecord {
  const current = asItStands(record, world)
  if (current.state !== 'pending') throw settledAlready(current)
  if (decider.key !== undefined && !world.isEnrolled(decider.key)) {
    throw new CastellanError('operator_unknown', `The key ${decider.key} was revoked. Nothing was decided.`)
  }
  const at = new Date(world.now).toISOString()
  if (verdict === 'deny') return { ...current, state: 'denied', decided_at: at, decided_by: decider.name }
  if (current.votes.some(({ person }) => person === decider.person)) throw samePerson(current, decider.person)
  const vote = {
    by: decider.name,
    person: decider.person,
    at,
    ...(decider.key === undefined ? {} : { key: decider.key }),
  }
  const votes = [...current.votes, vote]
  if (votes.length < current.needed) return { ...current, votes }
  const decided_by = votes.map(({ by }) => by).join(' and ')
  return { ...current, votes, state: 'approved', decided_at: at, decided_by }
}

/**
 * Throws `approval_mismatch` or why an approval in its state is no grant. A pending one stays as it is, and one that fewer
 * people gave than it takes by now becomes void.
 */
export function spent(record: ApprovalRecord, claim: Claim, world: World): ApprovalRecord {
  const difference = mismatch(record, claim)
  if (difference !== undefined) {
    throw new CastellanError(
      'approval_mismatch',
      `This approval is for another call, with another ${difference}. Nothing was done; ask for an approval of this call.`,
    )
  }
  // The policy that decided this call a moment ago counts as well as the one in force now.
  const current = asItStands(asItStands(record, world), { ...world, policyDigest: claim.policyDigest })
  if (current.state === 'pending') return current
  if (current.state !== 'approved') throw refusalOf(current)
  return current.needed < claim.needed ? voided(current, 'policy_changed') : { ...current, state: 'spent' }
}

/** The asker no longer waits. What is settled stays as it is. Throws `forbidden` for any other session. */
export function withdrawn(record: ApprovalRecord, session: SessionId, world: World): ApprovalRecord {
  if (record.session !== session) {
    throw new CastellanError(
      'forbidden',
      'Only the session that asked may withdraw its question. A person can deny it.',
    )
  }
  const current = asItStands(record, world)
  return isOpen(current) ? { ...current, state: 'withdrawn' } : current
}

/** Whether this record is the question that the claim would ask, or one that was asked ahead for it. */
export function asksFor(record: ApprovalRecord, claim: Claim): boolean {
  return mismatch(record, claim) === undefined
}

/** Whether something can still come of it. */
export function isOpen({ state }: Pick<Approval, 'state'>): boolean {
  return state === 'pending' || state === 'approved'
}

/** What is different between the call that was asked about and the one at hand. */
function mismatch(record: ApprovalRecord, claim: Claim): string | undefined {
  // The operator is never asked, so no question is theirs.
  if (claim.caller === 'operator') return 'caller'
  if (record.agent !== claim.agent) return 'agent'
  if (record.session !== claim.session) return 'session'
  if (record.call_id !== claim.call_id && !record.ahead) return 'call_id'
  if (record.tool !== claim.tool) return 'tool'
  if (record.binding.args_digest !== claim.argsDigest) return 'set of arguments'
  if (record.about_digest !== claim.aboutDigest) return 'place that its arguments lead to by now'
  return undefined
}

function voided(record: ApprovalRecord, because: NonNullable<Approval['void_because']>): ApprovalRecord {
  return { ...record, state: 'void', void_because: because }
}

/** The part that interfaces show. */
export function shown({ about_digest: _, ...record }: ApprovalRecord): Approval {
  return { ...record, votes: record.votes.map(({ key: _, ...vote }) => vote) }
}

/** Questions of the first version lived ten minutes and knew no votes: they are asked again. */
const FirstVersion = z.object({ version: z.literal(1) }).transform(() => ({ version: 2 as const, approvals: [] }))

export const ApprovalFile = z.union([
  z.strictObject({ version: z.literal(2), approvals: z.array(ApprovalRecord) }),
  FirstVersion,
])
