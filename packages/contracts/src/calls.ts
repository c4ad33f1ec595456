import { z } from 'zod'
import { CallDecision } from './decisions.ts'
import { ErrorEnvelope } from './errors.ts'
import { AgentName, ApprovalId, CallId, LedgerIndex, SessionId, Sha256Hex, Timestamp, ToolName } from './ids.ts'
import { SessionMode } from './sessions.ts'
import { TaintLabel, ToolDescriptor, ToolProgress } from './tools.ts'

/**
 * `GET /v1/tools` on agent.sock and operator.sock. With `?after=DIGEST&wait=SECONDS` (at most 30) it is held until the
 * registry is another one than that, or the time is over.
 */
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
  /** Of a session that the owner opened: what {@link SessionOpened} answered. */
  session_key: z.string().max(64).optional(),
  /** A mode that this call is held to beside that of its session; it can only narrow. */
  mode: SessionMode.optional(),
  /** Through what the caller speaks: `page`, `terminal`, `mcp`, `telegram`, …. Its own word: policy can forbid by it, not more. */
  channel: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,31}$/, 'must be lower-case letters, digits and dashes, 1 to 32 characters')
    .optional(),
  /** A token of `capability_mint`: the call gets no more than its rights. */
  capability: z.string().max(16_384).optional(),
  /** What it came from, where a model on this machine decided it; the ledger keeps it. */
  decision: CallDecision.optional(),
})
export type CallRequest = z.infer<typeof CallRequest>

/** Whether and how an act can be taken back, as its outcome entry says. */
export const UndoState = z.strictObject({ possible: z.boolean(), description: z.string() })
export type UndoState = z.infer<typeof UndoState>

/** What the words of a result looked like when they were screened for instructions to a model (docs/screening.md). */
export const CallScreening = z.strictObject({
  verdict: z.enum(['suspect', 'injection']),
  /** 0 to 1. */
  score: z.number(),
  /** Why, the weightiest first: `override`, `conceal`, …. */
  reasons: z.array(z.string().max(32)).max(16),
})
export type CallScreening = z.infer<typeof CallScreening>

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
  /** What the result brought into an agent’s session; absent where nothing. What is `secret` must not leave the machine. */
  taint: z.array(TaintLabel).min(1).optional(),
  /** Absent where nothing in the result was others' words, or nothing in them spoke to a model. */
  screening: CallScreening.optional(),
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

/**
 * One line of the answer to a `POST /v1/calls` with `Accept: application/x-ndjson`: any number of `progress`, then one
 * `answer`, or one `error` where the call was refused after it had made progress. A refusal before that is an ordinary one.
 */
export const CallLine = z.union([
  z.strictObject({ progress: ToolProgress }),
  z.strictObject({ answer: CallAnswer }),
  z.strictObject({ error: ErrorEnvelope }),
])
export type CallLine = z.infer<typeof CallLine>

/** `POST /v1/undo` on operator.sock: takes back the act whose intent or outcome entry has this number. */
export const UndoRequest = z.strictObject({ index: LedgerIndex, force: z.boolean().default(false) })
export type UndoRequest = z.infer<typeof UndoRequest>
