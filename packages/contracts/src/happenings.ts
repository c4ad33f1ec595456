import { z } from 'zod'
import { Timestamp } from './ids.ts'
import { LedgerRecord } from './ledger.ts'

/** How busy the machine is at one moment. Null is what takes two looks to tell, and what this host does not say. */
export const Vitals = z.strictObject({
  at: Timestamp,
  /** Of all processors since the look before. */
  cpu_percent: z.number().min(0).max(100).nullable(),
  /** Load average over one minute. */
  load: z.number().min(0),
  memory_percent: z.number().min(0).max(100),
  swap_percent: z.number().min(0).max(100),
  /** Over all interfaces but the loopback, in bytes a second since the look before. */
  received_per_s: z.number().min(0).nullable(),
  sent_per_s: z.number().min(0).nullable(),
})
export type Vitals = z.infer<typeof Vitals>

/** What the ledger was told since it was asked last. */
export const LedgerNews = z.strictObject({
  /** How many entries the ledger has now; fewer than were known: it is another ledger. */
  size: z.int().min(0),
  /** Oldest first, without what was in calls. */
  records: z.array(LedgerRecord),
  /** Entries between what was known and the first of `records`, left out because there were too many. */
  skipped: z.int().min(0),
})
export type LedgerNews = z.infer<typeof LedgerNews>

/** One line of `GET /v1/follow` on agent.sock: either what the ledger was told, or how busy the machine is. */
export const Happening = z.strictObject({ ledger: LedgerNews.optional(), vitals: Vitals.optional() })
export type Happening = z.infer<typeof Happening>
