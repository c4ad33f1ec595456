import { z } from 'zod'
import { LedgerIndex, Timestamp } from '../ids.ts'
import { InspectionClass } from './policy.ts'

/** `detail` of `egress_leak` and `egress_held`: what was seen and where, never the value. */
export const EgressLeak = z.looseObject({
  found: z.array(z.strictObject({ class: InspectionClass, kind: z.string(), place: z.string() })).max(64),
  /** Of a request that is held: what the operator lets go. */
  question: z.string().optional(),
})
export type EgressLeak = z.infer<typeof EgressLeak>

export const QuestionId = z.string().regex(/^ask_[0-9A-Za-z_-]{8,64}$/, 'must look like ask_…')

/** A request that is held until the operator says whether exactly it may leave. */
export const EgressQuestion = z.strictObject({
  id: QuestionId,
  purpose: z.string(),
  method: z.string(),
  host: z.string(),
  port: z.int(),
  found: z.array(z.string()),
  state: z.enum(['waiting', 'released']),
  asked_at: Timestamp,
  expires_at: Timestamp,
})
export type EgressQuestion = z.infer<typeof EgressQuestion>

/** `GET /v1/questions` on airlock-operator.sock. */
export const EgressQuestionListing = z.strictObject({ questions: z.array(EgressQuestion) })

/** `POST /v1/questions/:id/release`: the same request may be sent once more, within the time that is left. */
export const EgressReleased = z.strictObject({ question: EgressQuestion, index: LedgerIndex })
