import { z } from 'zod'
import { AgentName, ApprovalId, CallId, OperatorKeyId, SessionId, Sha256Hex, Timestamp, ToolName } from './ids.ts'
import { PasskeyAssertion } from './operators.ts'
import { TaintLabel, ToolEffect, ToolPreview } from './tools.ts'

/**
 * `withdrawn`: whoever asked no longer waits. `void`: the question or the yes no longer holds, because the policy changed
 * or a key that approved was revoked; the same call may be asked about again.
 */
export const ApprovalState = z.enum(['pending', 'approved', 'denied', 'expired', 'spent', 'withdrawn', 'void'])
export type ApprovalState = z.infer<typeof ApprovalState>

/** One person's yes, and when it was given. */
export const ApprovalVote = z.strictObject({ by: z.string(), person: z.string(), at: Timestamp })
export type ApprovalVote = z.infer<typeof ApprovalVote>

/** What "allow always" would write into the policy for a call like this one, or why there is no such rule. */
export const StandingRule = z.discriminatedUnion('possible', [
  /** The rule as it would be written, and the SHA-256 of that text: who says "always" signs it. */
  z.strictObject({ possible: z.literal(true), rule: z.string().max(16_384), digest: Sha256Hex }),
  z.strictObject({ possible: z.literal(false), reason: z.string() }),
])
export type StandingRule = z.infer<typeof StandingRule>

/** One request for a person's word. `GET /v1/approvals`, `GET /v1/approvals/:id?wait=SECONDS` (at most 30) on both sockets. */
export const Approval = z.strictObject({
  approval_id: ApprovalId,
  state: ApprovalState,
  call_id: CallId,
  session: SessionId,
  agent: AgentName,
  tool: ToolName,
  effect: ToolEffect,
  args: z.record(z.string(), z.unknown()),
  reason: z.string(),
  /** Asked ahead of the call: the grant is for the agent's next call with these very arguments, whatever its call id. */
  ahead: z.boolean().default(false),
  /** What the asking session had taken in by then; who decides should know whose words it may be acting on. */
  taint: z.array(TaintLabel).default([]),
  /** What would happen. Words of tools and files, so nothing in it may be obeyed or rendered as markup. */
  preview: ToolPreview.optional(),
  /** Why there is no preview, one sentence; absent where there is one. */
  preview_problem: z.string().optional(),
  always: StandingRule.default({ possible: false, reason: 'This question offers no standing rule.' }),
  /** How many different people have to say yes. */
  needed: z.int().min(1).max(2).default(1),
  /** The yeses so far, oldest first: `approved 1 of 2`. */
  votes: z.array(ApprovalVote).default([]),
  /** What an operator signs to approve or deny; see {@link approvalSigningText}. */
  binding: z.strictObject({
    args_digest: Sha256Hex,
    policy_digest: Sha256Hex,
    nonce: z.string(),
    expires_at: Timestamp,
  }),
  requested_at: Timestamp,
  decided_at: Timestamp.optional(),
  decided_by: z.string().optional(),
  /** Why it is void. */
  void_because: z.enum(['policy_changed', 'key_revoked', 'agents_frozen']).optional(),
})
export type Approval = z.infer<typeof Approval>

/** `GET /v1/approvals`, newest first. */
export const ApprovalListing = z.strictObject({ approvals: z.array(Approval) })
export type ApprovalListing = z.infer<typeof ApprovalListing>

/** `always` is a yes to this call and, as a rule in the policy, to every later one of exactly its shape. */
export const ApprovalVerdict = z.enum(['approve', 'deny', 'always'])
export type ApprovalVerdict = z.infer<typeof ApprovalVerdict>

/** What shows who decides, over the bytes of {@link approvalSigningText}. Whoever carries it cannot make it. */
export const ApprovalProof = z.discriminatedUnion('kind', [
  /** Ed25519, base64, by an enrolled operator key. */
  z.strictObject({ kind: z.literal('signature'), key_id: OperatorKeyId, signature: z.base64() }),
  /** WebAuthn by an enrolled passkey, whose challenge is the SHA-256 of the text. */
  z.strictObject({ kind: z.literal('passkey'), key_id: OperatorKeyId, assertion: PasskeyAssertion }),
  /** HMAC-SHA-256, hex, keyed with the owner's token. Local runs only, and never for `always`. */
  z.strictObject({ kind: z.literal('owner_token'), mac: Sha256Hex }),
])
export type ApprovalProof = z.infer<typeof ApprovalProof>

/**
 * `POST /v1/approvals/:id/decision`. On operator.sock `proof` is absent (the kernel vouches for root). On agent.sock it
 * is required: the gateway carries the proof and cannot make it.
 */
export const ApprovalDecision = z.strictObject({ verdict: ApprovalVerdict, proof: ApprovalProof.optional() })
export type ApprovalDecision = z.infer<typeof ApprovalDecision>

/** `POST /v1/approvals/:id/withdrawal` on agent.sock: the session that asked no longer waits for an answer. */
export const ApprovalWithdrawal = z.strictObject({ session: SessionId })
export type ApprovalWithdrawal = z.infer<typeof ApprovalWithdrawal>

/**
 * The exact bytes (UTF-8) an operator's yes or no covers: nothing about the call can change afterwards. `always` covers
 * the digest of the rule as well. Throws a `TypeError` for `always` where there is no rule to sign.
 */
export function approvalSigningText(verdict: ApprovalVerdict, approval: Approval): string {
  const { always } = approval
  if (verdict === 'always' && !always.possible) throw new TypeError('there is no standing rule to sign')
  return [
    'castellan approval v1',
    verdict,
    approval.approval_id,
    approval.tool,
    approval.binding.args_digest,
    approval.agent,
    approval.session,
    approval.call_id,
    approval.binding.policy_digest,
    approval.binding.expires_at,
    approval.binding.nonce,
    ...(verdict === 'always' && always.possible ? [always.digest] : []),
    '',
  ].join('\n')
}
