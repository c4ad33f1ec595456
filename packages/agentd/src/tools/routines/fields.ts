import { AgentName, Timestamp } from '@castellan/contracts'
import { z } from 'zod'
import { isDeclared } from '../../declared/merge.ts'
import type { CallReport, KeptRoutine, Routine, RunReport } from '../../routines/routine.ts'
import { inWords, Timing } from '../../routines/timing.ts'

export const nameField = AgentName.describe(
  'Name of the routine: lower-case letters, digits and dashes, e.g. "nightly-backup".',
)

export const callReports = z.array(
  z.strictObject({
    tool: z.string(),
    ok: z.boolean(),
    summary: z.string(),
    code: z.string().nullable().describe('Error code of a call that failed or was refused.'),
    ledgerIndex: z.int().nullable(),
  }),
)

export const shownRoutine = z.strictObject({
  name: z.string(),
  description: z.string(),
  timing: z.string().describe('When it runs, in words.'),
  schedule: Timing.describe('When it runs: the cron pattern and its time zone, or the interval.'),
  calls: z.array(z.strictObject({ tool: z.string(), args: z.record(z.string(), z.unknown()) })),
  catchUp: z.enum(['once', 'skip']),
  onFailure: z.enum(['stop', 'continue']),
  jitterSeconds: z.int(),
  agreed: z.boolean().describe('Whether a person agreed to exactly these calls, so that its changes ask nobody again.'),
  declared: z
    .boolean()
    .describe('Whether the configuration of the host declares it, so that only there it can be taken away.'),
  createdBy: z.string(),
  createdAt: Timestamp,
})

export function presentRoutine({
  timing,
  calls,
  createdBy,
  ...routine
}: KeptRoutine | Routine): z.infer<typeof shownRoutine> {
  const { name, description, catchUp, onFailure, jitterSeconds, agreed, createdAt } = routine
  return {
    name,
    description,
    timing: inWords(timing),
    schedule: timing,
    calls: calls.map(({ tool, args }) => ({ tool, args })),
    catchUp,
    onFailure,
    jitterSeconds,
    agreed,
    declared: isDeclared({ createdBy }),
    createdBy: createdBy.name,
    createdAt,
  }
}

/** `2 of 3 calls went well; file_write failed: …`. */
export function tellRun({ ok, calls }: Pick<RunReport, 'ok' | 'calls'>): string {
  const good = calls.filter((call: CallReport) => call.ok)
  if (ok) return calls.length === 1 ? (calls[0]?.summary ?? 'Done.') : `All ${calls.length} calls went well.`
  const failed = calls.find((call) => !call.ok)
  return `${good.length} of ${calls.length} calls went well; ${failed?.tool} did not: ${failed?.summary}`
}
