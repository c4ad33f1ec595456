import { z } from 'zod'
import { ChatId } from './chat.ts'
import { EngineKind } from './engines.ts'
import { AgentName, LedgerIndex, Timestamp } from './ids.ts'

/** One exchange with a model, as the list shows it. */
export const InsightSummary = z.strictObject({
  /** Counts up; older ones go when there is no room. */
  insight_id: z.int().min(1),
  at: Timestamp,
  /** Null for what belongs to no chat. */
  chat_id: ChatId.nullable(),
  /** What was said last in the chat when it ended, by its `seq`: where in the conversation it stands. */
  seq: z.int().nullable(),
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
  /** Whether any of it left this machine: false for the engine here and for what was refused on the way out, null where nobody can say. */
  left: z.boolean().nullable(),
  /** Kinds of what the airlock took out before it left; `[redacted]` stands there. */
  taken_out: z.array(z.string()),
  /** The entry that was in the ledger before it left; null where nothing did, and for programs that ask by themselves. */
  ledger_index: LedgerIndex.nullable(),
  /** As the provider counted; null where it did not. */
  prompt_tokens: z.int().nullable(),
  output_tokens: z.int().nullable(),
  /** US dollars, by the price list or as the provider says; null where neither is known. */
  cost: z.number().nullable(),
})
export type InsightSummary = z.infer<typeof InsightSummary>

const Headers = z.array(z.tuple([z.string(), z.string()]))

/** What was sent and what came back, with secrets taken out. */
export const Insight = InsightSummary.extend({
  /** Method, path and version as they left, and the headers; null where that is not known: nothing left, or a program asked by itself. */
  request_line: z.string().nullable(),
  request_headers: Headers,
  request: z.string(),
  response_headers: Headers,
  response: z.string(),
  /** Characters that were not kept, because they were too many. */
  request_cut: z.int().min(0),
  response_cut: z.int().min(0),
  /** How many secrets were taken out of both. */
  redactions: z.int().min(0),
})
export type Insight = z.infer<typeof Insight>
