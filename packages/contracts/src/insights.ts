import { z } from 'zod'
import { ChatId } from './chat.ts'
import { EngineKind } from './engines.ts'
import { AgentName, Timestamp } from './ids.ts'

/** One exchange with a model, as the list shows it. */
export const InsightSummary = z.strictObject({
  /** Counts up; older ones go when there is no room. */
  insight_id: z.int().min(1),
  at: Timestamp,
  /** Null for what belongs to no chat. */
  chat_id: ChatId.nullable(),
  agent: AgentName,
  engine: EngineKind,
  model: z.string().nullable(),
  /** Where it went; null for the engine on this machine. */
  url: z.string().nullable(),
  /** Id of the credential that paid; null where none did. */
  credential: z.string().nullable(),
  /** HTTP status of the answer; null when none came, or none was needed. */
  status: z.int().nullable(),
  duration_ms: z.number(),
  request_bytes: z.int(),
  response_bytes: z.int(),
  /** Why it went wrong; null where it did not. */
  problem: z.string().nullable(),
})
export type InsightSummary = z.infer<typeof InsightSummary>

/** What was sent and what came back, with secrets taken out. */
export const Insight = InsightSummary.extend({
  request: z.string(),
  response: z.string(),
  /** Characters that were not kept, because they were too many. */
  request_cut: z.int().min(0),
  response_cut: z.int().min(0),
  /** How many secrets were taken out of both. */
  redactions: z.int().min(0),
})
export type Insight = z.infer<typeof Insight>
