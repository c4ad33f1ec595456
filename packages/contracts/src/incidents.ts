import { z } from 'zod'
import { ApprovalProof } from './approvals.ts'
import { IncidentId, LedgerIndex, Sha256Hex, Timestamp } from './ids.ts'

/** What can go wrong, for {@link Incident}. Grows with the components that raise incidents. */
export const IncidentClass = z.enum([
  /** The machine cannot prove that it runs what it ran. */
  'attestation_failure',
  /** Something that Castellan is made of, or a canary, is not what it was. */
  'integrity_violation',
  /** A model is not the file that was let in. */
  'manifest_mismatch',
  /** Somebody tried to get in, or used what is not theirs. */
  'unauthorized_access',
  /** An approval, a grant or a right was made up, spent twice or stretched; or one agent is denied again and again. */
  'policy_bypass_attempt',
  /** A text tried to give the model instructions. */
  'prompt_injection',
  'tool_call_burst',
  /** A model asks for what does not exist, again and again. */
  'model_behavior_anomaly',
  /** Something wanted to leave that must not, or to where it must not. */
  'forbidden_egress',
  'ledger_damage',
  /** A program in the sandbox did what only one that wants out does. */
  'sandbox_escape_attempt',
  'watched_failure',
  // Told by an agent or the operator.
  'reported',
])
export type IncidentClass = z.infer<typeof IncidentClass>

/** How bad it is, least first. */
export const IncidentSeverity = z.enum(['low', 'medium', 'high', 'critical'])
export type IncidentSeverity = z.infer<typeof IncidentSeverity>

/** What keeps an incident from going on. Each can be lifted again (docs/incidents.md). */
export const ContainmentAction = z.enum([
  /** No agent acts, as after `agentctl panic`. */
  'freeze_agents',
  /** Nothing leaves the machine. */
  'airlock_off',
  /** The model is out of use. */
  'quarantine_model',
  /** No token of the API opens anything; the owner's own still does. */
  'suspend_tokens',
  /** All capabilities end. */
  'revoke_capabilities',
  /** The credentials leave the gateway's memory. */
  'lock_credentials',
])
export type ContainmentAction = z.infer<typeof ContainmentAction>

/** One thing that was done to contain an incident. */
export const Containment = z.strictObject({
  action: ContainmentAction,
  /** `applying` and `lifting` are written down before they are done: agentd ends them at its next start if it must. */
  state: z.enum(['applying', 'in_force', 'failed', 'lifting', 'lifted']),
  at: Timestamp,
  /** By rule, or by whom. */
  by: z.string().max(80),
  /** How it was seen to hold, or why it does not: one sentence. */
  verified: z.string().max(500).default(''),
  /** What it was done to: a freeze's id, a model. */
  ref: z.string().max(200).default(''),
})
export type Containment = z.infer<typeof Containment>

/** Something that was found or done about an incident. */
export const IncidentStep = z.strictObject({ at: Timestamp, by: z.string().max(80), note: z.string().max(2000) })
export type IncidentStep = z.infer<typeof IncidentStep>

/** One thing that went wrong, however often it was seen. */
export const Incident = z.strictObject({
  id: IncidentId,
  class: IncidentClass,
  /** Whom or what it is about; the same class and subject is the same incident while it is open. */
  subject: z.string().max(200),
  /** What was seen first, one sentence. */
  summary: z.string().max(1000),
  severity: IncidentSeverity.default('medium'),
  count: z.int().min(1),
  first_at: Timestamp,
  last_at: Timestamp,
  /** `contained`: it cannot go on, but is not mended. A resolved one that is seen again is another incident. */
  state: z.enum(['open', 'contained', 'resolved']).default('open'),
  /** What was found and done, oldest first. */
  steps: z.array(IncidentStep).max(100).default([]),
  /** Ledger numbers of what tells of it: the first and the last. */
  evidence: z.array(LedgerIndex).max(64).default([]),
  containment: z.array(Containment).max(32).default([]),
})
export type Incident = z.infer<typeof Incident>

/** `GET /v1/incidents` on operator.sock, newest first. */
export const IncidentListing = z.strictObject({ incidents: z.array(Incident) })
export type IncidentListing = z.infer<typeof IncidentListing>

const Reason = z.string().trim().min(1).max(500)

/** `POST /v1/incidents/:id/containment` on operator.sock: contains by hand. */
export const IncidentContainment = z.strictObject({ action: ContainmentAction, reason: Reason })
export type IncidentContainment = z.infer<typeof IncidentContainment>

/** A step of a recovery: `cause`, `lift:ACTION`, `resolve`. */
export const RecoveryStepName = z.union([
  z.literal(['cause', 'resolve']),
  z.templateLiteral(['lift:', ContainmentAction]),
])
export type RecoveryStepName = z.infer<typeof RecoveryStepName>

export const RecoveryStep = z.strictObject({
  step: RecoveryStepName,
  /** What is checked or done, for the person who walks through it. */
  text: z.string(),
  state: z.enum(['done', 'next', 'later']),
})
export type RecoveryStep = z.infer<typeof RecoveryStep>

/** `GET /v1/incidents/:id/recovery` on operator.sock: the way back, in order. */
export const RecoveryPlan = z.strictObject({ incident: Incident, steps: z.array(RecoveryStep) })
export type RecoveryPlan = z.infer<typeof RecoveryPlan>

/**
 * `POST /v1/incidents/:id/recovery` on operator.sock: takes the next step. One that finds its cause still there is refused with
 * `cause_persists`, unless it is forced with a reason.
 */
export const RecoveryRequest = z.strictObject({
  step: RecoveryStepName,
  force: z.boolean().default(false),
  reason: z.string().trim().max(500).default(''),
})
export type RecoveryRequest = z.input<typeof RecoveryRequest>

/** The same on agent.sock, by an operator's signature over {@link recoveryText}; `at` is at most five minutes ago. */
export const SignedRecovery = RecoveryRequest.extend({ at: Timestamp, proof: ApprovalProof })
export type SignedRecovery = z.infer<typeof SignedRecovery>

/** The exact bytes (UTF-8) that the proof of a recovery step covers. */
export function recoveryText(incident: string, { step, force, reason, at }: Omit<SignedRecovery, 'proof'>): string {
  return ['castellan recovery v1', incident, step, force ? 'forced' : 'checked', JSON.stringify(reason), at, ''].join(
    '\n',
  )
}

/** `GET /v1/containment` on agent.sock, for the gateway: what it has to hold shut. With `known` and `wait` it is held until that changes. */
export const ContainmentState = z.strictObject({
  /** Another one with every change. */
  version: z.string().max(64),
  suspend_tokens: z.boolean(),
  lock_credentials: z.boolean(),
})
export type ContainmentState = z.infer<typeof ContainmentState>

/** `POST /v1/containment/applied` on agent.sock: the gateway holds shut what this version says. */
export const ContainmentApplied = z.strictObject({ version: z.string().max(64) })

/** A file in a bundle, by its path there. */
export const BundleFile = z.strictObject({ path: z.string().max(200), bytes: z.int().min(0), sha256: Sha256Hex })

/** What is signed of a forensic bundle: `manifest.json`, as the RFC 8785 JSON of this. */
export const BundleManifest = z.strictObject({
  version: z.literal(1),
  incident: IncidentId,
  made_at: Timestamp,
  /** Castellan's version, and the key that signs checkpoints of the ledger it is from. */
  castellan: z.string(),
  ledger_vkey: z.string(),
  files: z.array(BundleFile),
})
export type BundleManifest = z.infer<typeof BundleManifest>

/** `GET /v1/incidents/:id/bundle` on operator.sock. `signature` is Ed25519 over the manifest's canonical JSON, `public_key` raw; both base64. */
export const IncidentBundle = z.strictObject({
  manifest: BundleManifest,
  signature: z.base64(),
  public_key: z.base64(),
  files: z.record(z.string(), z.string()),
})
export type IncidentBundle = z.infer<typeof IncidentBundle>
