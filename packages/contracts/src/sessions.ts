import { z } from 'zod'
import { ApprovalProof } from './approvals.ts'
import { AgentName, CapabilityId, SessionId, Sha256Hex, Timestamp, ToolName } from './ids.ts'
import { TaintLabel } from './tools.ts'

/** How freely a session may act; the policy says what each mode lets through. */
export const SessionMode = z.enum(['observe', 'assist', 'operate', 'sensitive'])
export type SessionMode = z.infer<typeof SessionMode>

/** What a chat may be held to: all but the widest, as that holds nothing back. */
export const ChatMode = SessionMode.exclude(['operate'])
export type ChatMode = z.infer<typeof ChatMode>

/** What agents may use up, and its unit. */
export const BudgetResource = z.enum([
  /** Entries that an agent makes agentd write: calls begun, calls refused, questions to a person, reports of tokens. */
  'steps',
  /** Calls that began to run. */
  'tool_calls',
  /** Tokens of a model, as the gateway reports them. */
  'tokens',
  /** Time in which calls ran, in milliseconds. */
  'wall_ms',
  /** Bytes that calls meant to write to files. */
  'bytes_written',
  /** Files and folders that calls meant to change; one changed twice counts twice. */
  'files_touched',
  /** Bytes of the arguments of calls that reach other hosts: all that an agent can send out in them. */
  'egress_bytes',
])
export type BudgetResource = z.infer<typeof BudgetResource>

/** A limit for some of the resources; without one a resource is not limited here. */
export const BudgetLimits = z.partialRecord(BudgetResource, z.int().min(0))
export type BudgetLimits = z.infer<typeof BudgetLimits>

/** Whose budget: of a session, of a capability, of an agent today (UTC), of all agents today. */
export const BudgetScope = z
  .string()
  .max(80)
  .regex(
    /^(day|agent:[a-z][a-z0-9-]{0,31}|session:ses_[0-9A-Za-z_-]{8,64}|capability:cap_[0-9A-Za-z_-]{8,64})$/,
    'must be day, agent:NAME, session:ses_… or capability:cap_…',
  )
export type BudgetScope = z.infer<typeof BudgetScope>

export const BudgetLine = z.strictObject({
  scope: BudgetScope,
  resource: BudgetResource,
  spent: z.int().min(0),
  /** What the limit is with everything it was raised by. */
  limit: z.int().min(0),
})
export type BudgetLine = z.infer<typeof BudgetLine>

/** `GET /v1/budgets` on operator.sock. */
export const BudgetListing = z.strictObject({ budgets: z.array(BudgetLine) })
export type BudgetListing = z.infer<typeof BudgetListing>

/** `POST /v1/budgets/raise` on operator.sock: this much more, for a day's budget until the day ends (UTC). */
export const BudgetRaise = z.strictObject({
  scope: BudgetScope,
  resource: BudgetResource,
  by: z
    .int()
    .min(1)
    .max(2 ** 50),
})
export type BudgetRaise = z.infer<typeof BudgetRaise>

/**
 * `POST /v1/sessions` on agent.sock: a conversation that begins with nothing read yet. Only the owner can say that it
 * does, hence the proof over {@link sessionOpeningText}; every other session shares what all of agent.sock took in.
 */
export const SessionOpening = z.strictObject({
  /** New: 96 random bits of whoever opens it. */
  session: SessionId,
  agent: AgentName,
  /** When it was signed; at most five minutes ago. */
  at: Timestamp,
  proof: ApprovalProof,
})
export type SessionOpening = z.infer<typeof SessionOpening>

/** The exact bytes (UTF-8) that the proof of an opening covers. */
export function sessionOpeningText({ session, agent, at }: Omit<SessionOpening, 'proof'>): string {
  return ['castellan session v1', session, agent, at, ''].join('\n')
}

/** `key` goes with every call of the session: without it nobody else can act in it. */
export const SessionOpened = z.strictObject({ session: SessionId, key: z.string() })
export type SessionOpened = z.infer<typeof SessionOpened>

/** One session as the operator sees it. */
export const SessionView = z.strictObject({
  session: SessionId,
  agent: AgentName,
  /** `opened`: by the owner, with labels of its own; `plain`: by whoever named it, with the labels of all of agent.sock. */
  kind: z.enum(['plain', 'opened']),
  mode: SessionMode,
  taint: z.array(TaintLabel),
  first_at: Timestamp,
  last_at: Timestamp,
})
export type SessionView = z.infer<typeof SessionView>

/** `GET /v1/sessions` on operator.sock, the one used last first. `common` is what every plain session carries. */
export const SessionListing = z.strictObject({
  mode: SessionMode,
  common: z.array(TaintLabel),
  sessions: z.array(SessionView),
})
export type SessionListing = z.infer<typeof SessionListing>

/** `POST /v1/sessions/mode` on operator.sock: for all, for an agent, or for one session. */
export const ModeSetting = z.strictObject({
  for: z
    .string()
    .max(80)
    .regex(
      /^(all|agent:[a-z][a-z0-9-]{0,31}|session:ses_[0-9A-Za-z_-]{8,64})$/,
      'must be all, agent:NAME or session:ses_…',
    ),
  mode: SessionMode,
})
export type ModeSetting = z.infer<typeof ModeSetting>

/** `POST /v1/sessions/taint` on operator.sock: takes the labels off one opened session, or off all that plain sessions share. */
export const TaintClearing = z.strictObject({
  session: SessionId.optional(),
  /** Also what is known of files that were written while the writer was tainted. */
  files: z.boolean().default(false),
  reason: z.string().trim().min(1).max(2000),
})
export type TaintClearing = z.input<typeof TaintClearing>

/** `POST /v1/sessions/:id/usage` on agent.sock: what a model used for one answer. Advisory: agentd sees no model. */
export const UsageReport = z.strictObject({
  agent: AgentName,
  prompt_tokens: z.int().min(0).max(100_000_000),
  output_tokens: z.int().min(0).max(100_000_000),
  session_key: z.string().max(64).optional(),
})
export type UsageReport = z.infer<typeof UsageReport>

/** `POST /v1/sessions/:id/attachments` on agent.sock: a person put files into the conversation, and others may have written them. */
export const AttachmentReport = z.strictObject({
  agent: AgentName,
  files: z
    .array(
      z.strictObject({
        name: z.string().max(120),
        bytes: z
          .int()
          .min(1)
          .max(1024 * 1024),
        sha256: Sha256Hex,
      }),
    )
    .min(1)
    .max(16),
  session_key: z.string().max(64).optional(),
})
export type AttachmentReport = z.infer<typeof AttachmentReport>

/** Its answer. `spent` names the budgets that are used up: no call of this session runs until the operator raises them. */
export const UsageAnswer = z.strictObject({ spent: z.array(BudgetLine) })
export type UsageAnswer = z.infer<typeof UsageAnswer>

const Host = z
  .string()
  .max(253)
  .regex(
    /^(\*\.)?[a-z0-9]([a-z0-9-]{0,62})(\.[a-z0-9]([a-z0-9-]{0,62}))*$|^[0-9a-f:.]+$/,
    'must be a host name in lower case, *.NAME for the names below it, or an address',
  )
const Path = z
  .string()
  .max(4096)
  .refine(
    (path) =>
      path.startsWith('/') && !path.split('/').some((part) => part === '.' || part === '..') && !/\0|\/\//.test(path),
    'must be an absolute path without . and ..',
  )

/** What a capability lets through: all of it is an allow list, and what is not named is not allowed. */
export const CapabilityRights = z.strictObject({
  tools: z.array(ToolName).min(1).max(64),
  /** Files and folders with all below them. What is writable is readable too. */
  readable: z.array(Path).max(32).default([]),
  writable: z.array(Path).max(32).default([]),
  hosts: z.array(Host).max(32).default([]),
})
export type CapabilityRights = z.infer<typeof CapabilityRights>

/** A capability as the operator sees it; the token itself is known only to whom it was given. */
export const CapabilityView = z.strictObject({
  id: CapabilityId,
  /** Root first; the last is the direct parent. */
  ancestors: z.array(CapabilityId),
  session: SessionId,
  agent: AgentName,
  tools: z.array(ToolName),
  expires_at: Timestamp,
  state: z.enum(['valid', 'revoked', 'expired']),
})
export type CapabilityView = z.infer<typeof CapabilityView>

/** `GET /v1/capabilities` on operator.sock, newest first; gone an hour after they expire. */
export const CapabilityListing = z.strictObject({ capabilities: z.array(CapabilityView) })
export type CapabilityListing = z.infer<typeof CapabilityListing>

/** `POST /v1/capabilities/revocation`: by its token on agent.sock, by its id on operator.sock. All that descend from it end too. */
export const CapabilityRevocation = z.strictObject({ capability: z.string().max(16_384) })
export type CapabilityRevocation = z.infer<typeof CapabilityRevocation>
