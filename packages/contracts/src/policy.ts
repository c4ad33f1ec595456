import { z } from 'zod'
import { AgentName, LedgerIndex, SessionId, Sha256Hex, Timestamp, ToolName } from './ids.ts'
import { SessionMode } from './sessions.ts'
import { TaintLabel, ToolResource } from './tools.ts'

/** What policy says about a call. `ask`: it runs once people agreed to exactly this call. */
export const PolicyVerdict = z.enum(['allow', 'ask', 'deny'])
export type PolicyVerdict = z.infer<typeof PolicyVerdict>

/** A call that policy is asked about without making it. */
export const PolicyExplainRequest = z.strictObject({
  tool: z.string().max(64),
  args: z.record(z.string(), z.unknown()).default({}),
  caller: z.enum(['agent', 'operator', 'routine']).default('agent'),
  agent: AgentName.default(AgentName.parse('main')),
  /** Whose mode and labels count where they are not given. Without it nothing was taken in yet. */
  session: SessionId.optional(),
  mode: SessionMode.optional(),
  taint: z.array(TaintLabel).optional(),
  channel: z.string().max(32).optional(),
  /** For a routine: whether a person agreed to exactly this call when it was set up. */
  agreed: z.boolean().default(false),
  /** When it would be made; now without it. */
  at: Timestamp.optional(),
})
export type PolicyExplainRequest = z.infer<typeof PolicyExplainRequest>

/** What policy says about one call, why, and what would have to be different for it to say something else. */
export const PolicyExplanation = z.strictObject({
  decision: PolicyVerdict,
  /** The rule that decided, by its `@id`; `default-deny` where none did. */
  rule: z.string(),
  /** Where the rule stands, `FILE:LINE`; absent where there is none. */
  where: z.string().optional(),
  /** One sentence each, the most important first. */
  reasons: z.array(z.string()),
  /** How many different people have to agree; only with `ask`. */
  approvals: z.int().optional(),
  /** One difference each, and what the decision would be with it. */
  otherwise: z.array(z.strictObject({ if: z.string(), decision: PolicyVerdict, rule: z.string() })),
  mode: SessionMode,
  taint: z.array(TaintLabel),
  /** What on the machine the call is about. */
  resources: z.array(ToolResource),
  policy_digest: Sha256Hex,
})
export type PolicyExplanation = z.infer<typeof PolicyExplanation>

export const PolicyRule = z.strictObject({
  id: z.string(),
  effect: z.enum(['permit', 'forbid']),
  reason: z.string(),
  /** `default.cedar` and `restricted.cedar` are built in; every other file lies in the policy folder. */
  file: z.string(),
  line: z.int(),
  text: z.string(),
  /** Whether it was written by "allow always", so that it can be revoked by its name. */
  always: z.boolean(),
})
export type PolicyRule = z.infer<typeof PolicyRule>

/** What is in force. The answer to `POST /v1/policy/reload` on operator.sock; `GET /v1/policy` tells more ({@link PolicyView}). */
export const PolicyStatus = z.strictObject({
  digest: Sha256Hex,
  /**
   * `ok`; `stale`: the files were changed and cannot be taken, so what was in force before still is; `restricted`: they could
   * not be read at the start, so nothing but reading is allowed.
   */
  state: z.enum(['ok', 'stale', 'restricted']),
  /** What is wrong with the files, a sentence each. */
  problems: z.array(z.string()),
  /** The owner's policy folder. */
  folder: z.string(),
  loaded_at: Timestamp,
  rules: z.array(PolicyRule),
})
export type PolicyStatus = z.infer<typeof PolicyStatus>

/** `GET /v1/policy/calls` on operator.sock: calls on record, as policy was asked about them; for comparing policies. */
export const RecordedCalls = z.strictObject({
  calls: z.array(
    z.strictObject({
      index: LedgerIndex,
      caller: z.enum(['agent', 'operator', 'routine']),
      agent: AgentName,
      tool: ToolName,
      args: z.record(z.string(), z.unknown()),
    }),
  ),
})
export type RecordedCalls = z.infer<typeof RecordedCalls>
