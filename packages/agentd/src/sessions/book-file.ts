import {
  AgentName,
  BudgetScope,
  CapabilityId,
  LedgerIndex,
  SessionId,
  SessionMode,
  TaintLabel,
  ToolName,
} from '@castellan/contracts'
import { z } from 'zod'
import { Amounts } from './amounts.ts'
import { MarksFile } from './marks.ts'

/** What agentd knows of one session. */
export const SessionRecord = z.strictObject({
  agent: AgentName,
  /** Whether the owner opened it. Only then the labels below are its own. */
  opened: z.boolean(),
  labels: z.array(TaintLabel),
  /** Milliseconds since 1970. */
  first: z.int(),
  last: z.int(),
})
export type SessionRecord = z.infer<typeof SessionRecord>

/** A capability that was minted: not what it allows, which its token says, but what became of it. */
export const CapabilityRecord = z.strictObject({
  ancestors: z.array(CapabilityId),
  session: SessionId,
  agent: AgentName,
  tools: z.array(ToolName),
  /** Milliseconds since 1970. */
  expires: z.int(),
  revoked: z.boolean(),
})
export type CapabilityRecord = z.infer<typeof CapabilityRecord>

/** A call that began and has no outcome yet: the time that is set aside for it, and against whose budgets it counts. */
export const OpenCall = z.strictObject({ day: z.string(), scopes: z.array(BudgetScope), wall_ms: z.int() })
export type OpenCall = z.infer<typeof OpenCall>

/** The book as it lies on disk: where in the ledger it stands, and what it knew then. */
export const BookFile = z.strictObject({
  version: z.literal(1),
  size: z.int().min(0),
  /** `prev` of the newest entry it knows, so that another ledger put in place is noticed. */
  prev: z.string().nullable(),
  day: z.string(),
  modes: z.array(z.tuple([z.string(), SessionMode])),
  common: z.array(TaintLabel),
  sessions: z.array(z.tuple([SessionId, SessionRecord])),
  spent: z.array(z.tuple([BudgetScope, Amounts])),
  raised: z.array(z.tuple([BudgetScope, Amounts])),
  open: z.array(z.tuple([LedgerIndex, OpenCall])),
  capabilities: z.array(z.tuple([CapabilityId, CapabilityRecord])),
  marks: MarksFile,
})
