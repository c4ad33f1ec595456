import { z } from 'zod'
import { ErrorEnvelope } from './errors.ts'
import {
  AgentName,
  ApprovalId,
  CallId,
  LedgerIndex,
  OperatorKeyId,
  SessionId,
  Sha256Hex,
  Timestamp,
  ToolName,
} from './ids.ts'
import { ToolDescriptor, ToolEffect } from './tools.ts'

/** `GET /v1/tools` on agent.sock and operator.sock. */
export const ToolListing = z.strictObject({
  tools: z.array(ToolDescriptor),
  /** SHA-256 over the canonical JSON of `tools`; changes whenever any tool's contract does. */
  registryDigest: Sha256Hex,
})
export type ToolListing = z.infer<typeof ToolListing>

/**
 * `POST /v1/calls`. A call that needs a person's word is answered with {@link CallPending} at once; after the
 * approval the caller sends the very same request again with `approval_id`, which spends the grant.
 */
export const CallRequest = z.strictObject({
  call_id: CallId,
  session: SessionId,
  agent: AgentName,
  tool: z.string().max(64),
  args: z.record(z.string(), z.unknown()),
  approval_id: ApprovalId.optional(),
})
export type CallRequest = z.infer<typeof CallRequest>

/** Whether and how an act can be taken back, as its outcome entry says. */
export const UndoState = z.strictObject({ possible: z.boolean(), description: z.string() })
export type UndoState = z.infer<typeof UndoState>

/** HTTP 200: the call ran; but for `ledger_index: null`, its outcome is durable in the ledger. `ok: false`: the tool failed. */
export const CallOutcome = z.strictObject({
  status: z.literal('done'),
  call_id: CallId,
  tool: ToolName,
  ok: z.boolean(),
  /** The tool's structured output; absent when `ok` is false. */
  result: z.unknown().optional(),
  /** The tool's one-line summary for people, or the error's message. */
  summary: z.string(),
  error: ErrorEnvelope.optional(),
  /** Ledger number of the outcome entry. `agentctl undo` takes it. Null only for a read while the ledger is damaged. */
  ledger_index: LedgerIndex.nullable(),
  duration_ms: z.number(),
  undo: UndoState.optional(),
  /** Asked for by `?proof=1`: the outcome entry's C2SP tlog-proof. Absent where it could not be made; it can be had later. */
  proof: z.string().optional(),
})
export type CallOutcome = z.infer<typeof CallOutcome>

/** HTTP 202: nothing happened yet; a person has to say yes to exactly this call. */
export const CallPending = z.strictObject({
  status: z.literal('approval_required'),
  call_id: CallId,
  tool: ToolName,
  approval_id: ApprovalId,
  /** Why policy asks, one sentence. */
  reason: z.string(),
  expires_at: Timestamp,
})
export type CallPending = z.infer<typeof CallPending>

export const CallAnswer = z.discriminatedUnion('status', [CallOutcome, CallPending])
export type CallAnswer = z.infer<typeof CallAnswer>

export const ApprovalState = z.enum(['pending', 'approved', 'denied', 'expired', 'spent'])
export type ApprovalState = z.infer<typeof ApprovalState>

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
})
export type Approval = z.infer<typeof Approval>

/** `GET /v1/approvals`, newest first. */
export const ApprovalListing = z.strictObject({ approvals: z.array(Approval) })
export type ApprovalListing = z.infer<typeof ApprovalListing>

export const ApprovalVerdict = z.enum(['approve', 'deny'])
export type ApprovalVerdict = z.infer<typeof ApprovalVerdict>

/**
 * `POST /v1/approvals/:id/decision`. On operator.sock `proof` is absent (the kernel vouches for root). On agent.sock it
 * is required: the gateway carries the proof and cannot make it.
 */
export const ApprovalDecision = z.strictObject({
  verdict: ApprovalVerdict,
  proof: z
    .discriminatedUnion('kind', [
      /** Ed25519 over {@link approvalSigningText}, base64, by an enrolled operator key. */
      z.strictObject({ kind: z.literal('signature'), key_id: OperatorKeyId, signature: z.base64() }),
      /** HMAC-SHA-256 over {@link approvalSigningText}, hex, keyed with the owner's token. Local runs only. */
      z.strictObject({ kind: z.literal('owner_token'), mac: Sha256Hex }),
    ])
    .optional(),
})
export type ApprovalDecision = z.infer<typeof ApprovalDecision>

/** The exact bytes (UTF-8) an operator's yes or no covers: nothing about the call can change afterwards. */
export function approvalSigningText(verdict: ApprovalVerdict, approval: Approval): string {
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
    '',
  ].join('\n')
}

/** `POST /v1/undo` on operator.sock: takes back the act whose intent or outcome entry has this number. */
export const UndoRequest = z.strictObject({ index: LedgerIndex, force: z.boolean().default(false) })
export type UndoRequest = z.infer<typeof UndoRequest>

/** What keys the sign-in MACs: the code in upper case without dashes and blanks, look-alikes read as Crockford has them. */
export function normalSignInCode(typed: string): string {
  return typed.toUpperCase().replaceAll(/[\s-]/g, '').replaceAll(/[IL]/g, '1').replaceAll('O', '0')
}

/**
 * `POST /v1/sign-ins` on operator.sock answers with a one-time code: 100 bits in Crockford's base32, in groups. The
 * code never travels: with key = {@link normalSignInCode}(code) the page proves it by `proof` =
 * HMAC-SHA-256(key, "castellan sign-in"), and binds its own new operator key to it by `key_mac` =
 * HMAC-SHA-256(key, "castellan enrol " + public_key), both hex. `POST /v1/sign-ins/redeem` on agent.sock.
 */
export const SignInCode = z.strictObject({ code: z.string(), expires_at: Timestamp })
export type SignInCode = z.infer<typeof SignInCode>

export const SignInRedemption = z.strictObject({
  proof: Sha256Hex,
  /** The page's Ed25519 public key (raw 32 bytes, base64) and its MAC; absent where the browser has no Ed25519. */
  key: z.strictObject({ name: z.string().max(80), public_key: z.base64(), key_mac: Sha256Hex }).optional(),
})
export type SignInRedemption = z.infer<typeof SignInRedemption>

export const SignInResult = z.strictObject({ key_id: OperatorKeyId.nullable() })
export type SignInResult = z.infer<typeof SignInResult>

/** A key whose signature approves calls. A revoked one stays listed, so that what it approved can be told. */
export const OperatorKey = z.strictObject({
  key_id: OperatorKeyId,
  name: z.string().trim().min(1).max(80),
  /** Ed25519, raw 32 bytes, base64. */
  public_key: z.base64(),
  enrolled_at: Timestamp,
  /** By root on operator.sock, or by whoever had a sign-in code. */
  enrolled_by: z.enum(['operator', 'sign_in']),
  revoked_at: Timestamp.optional(),
})
export type OperatorKey = z.infer<typeof OperatorKey>

/** `GET /v1/operators` on operator.sock, oldest first. */
export const OperatorListing = z.strictObject({ operators: z.array(OperatorKey) })
export type OperatorListing = z.infer<typeof OperatorListing>

/** `POST /v1/operators` on operator.sock. */
export const OperatorEnrolment = OperatorKey.pick({ name: true, public_key: true })
export type OperatorEnrolment = z.infer<typeof OperatorEnrolment>
