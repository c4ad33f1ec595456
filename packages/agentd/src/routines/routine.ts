import { AgentName, LedgerActor, Timestamp } from '@castellan/contracts'
import { z } from 'zod'
import { Timing } from './timing.ts'

/** Calls in one routine. */
const MOST_CALLS = 16

export const RoutineCall = z.strictObject({
  tool: z.string().min(1).max(64),
  args: z.record(z.string(), z.unknown()),
})
export type RoutineCall = z.infer<typeof RoutineCall>

/** What happens by itself, and when. */
export const Routine = z.strictObject({
  /** Also the name under which its calls are made, so it is written like an agent's. */
  name: AgentName,
  description: z.string().max(500),
  timing: Timing,
  calls: z.array(RoutineCall).min(1).max(MOST_CALLS),
  /** Each run starts up to so many seconds late, by chance, so that many routines do not start at once. */
  jitterSeconds: z.int().min(0).max(3600),
  /** When runs were missed because agentd was not there: run once at the start, or let them be. */
  catchUp: z.enum(['once', 'skip']),
  /** Whether the calls after one that failed are still made. */
  onFailure: z.enum(['stop', 'continue']),
  /** Whether a person agreed to exactly these calls; then its changes need no further word. */
  agreed: z.boolean(),
  createdBy: LedgerActor,
  createdAt: Timestamp,
})
export type Routine = z.infer<typeof Routine>

/** A routine and how far it came. `dueUpTo`: every due moment up to this one has been dealt with. */
export const KeptRoutine = Routine.extend({ dueUpTo: Timestamp })
export type KeptRoutine = z.infer<typeof KeptRoutine>

/** `routines.json` in agentd's state folder. */
export const RoutineFile = z.strictObject({ version: z.literal(1), routines: z.array(KeptRoutine) })

export type Trigger = 'schedule' | 'catch_up' | 'manual'

/** How one call of a run ended. */
export interface CallReport {
  readonly tool: string
  readonly ok: boolean
  readonly summary: string
  readonly code: string | null
  /** Ledger number of its outcome; null where it has none. */
  readonly ledgerIndex: number | null
}

export interface RunReport {
  readonly routine: string
  readonly trigger: Trigger
  readonly ok: boolean
  readonly calls: readonly CallReport[]
  readonly durationMs: number
  /** Ledger number of the run itself; null where the ledger refused it. */
  readonly ledgerIndex: number | null
}
