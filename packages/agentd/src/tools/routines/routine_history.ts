import { Timestamp } from '@castellan/contracts'
import { z } from 'zod'
import { defineTool, readLimits } from '../define.ts'
import { limitField, truncatedField } from '../fields.ts'
import { count, list, moment } from '../words.ts'
import { nameField } from './fields.ts'

const ShownRun = z.strictObject({
  index: z.int().describe('Ledger number of the run.'),
  at: Timestamp,
  routine: z.string(),
  trigger: z.string().nullable().describe('schedule, catch_up or manual; null for a run that was skipped.'),
  ok: z.boolean(),
  skipped: z.string().nullable().describe('overlap or missed, for a run that did not happen.'),
  code: z.string().nullable(),
  failedCalls: z.int(),
  durationMs: z.int().nullable(),
  session: z.string().nullable().describe('ledger_query with this session shows the calls of the run.'),
})

export const routineHistory = defineTool({
  name: 'routine_history',
  title: 'Past runs of routines',
  description:
    'How routines ran, newest first, from the ledger: when, whether it went well, and the session that has their calls.',
  input: z.strictObject({
    name: nameField.optional(),
    limit: limitField(200, 20, 'runs'),
    before: z
      .int()
      .min(0)
      .optional()
      .describe('Only runs with a smaller ledger number: the nextBefore of an earlier answer.'),
  }),
  output: z.strictObject({
    runs: z.array(ShownRun),
    truncated: truncatedField,
    nextBefore: z.int().nullable().describe('Pass this as before to get older runs; null when there are none.'),
  }),
  effect: 'read',
  undo: 'none',
  limits: readLimits,
  summary: ({ runs }) => {
    const [newest] = runs
    if (newest === undefined) return 'No routine has run yet.'
    const which = `${newest.routine} at ${moment(newest.at)}`
    const [only] = outcomes(runs)
    if (runs.length === 1) return `1 run, which ${only?.how}: ${which}.`
    const how = outcomes(runs).map(({ how, number }) => (number === runs.length ? `all ${how}` : `${number} ${how}`))
    return `${count(runs.length, 'run')}, ${how.length === 1 ? how[0] : `of which ${list(how)}`}; the newest is ${which}.`
  },
  run: async ({ name, limit, before }, { host, signal }) => {
    const filter = {
      limit,
      ...(name === undefined ? {} : { actor: name }),
      ...(before === undefined ? {} : { before }),
    }
    const [ran, skipped] = await Promise.all([
      host.ledger.query({ ...filter, type: 'routine_run' }, signal),
      host.ledger.query({ ...filter, type: 'routine_skipped' }, signal),
    ])
    const all = [...ran.records, ...skipped.records].sort((a, b) => b.entry.index - a.entry.index)
    const runs = all.slice(0, limit).map(({ entry }) => ({
      index: entry.index,
      at: new Date(entry.time).toISOString(),
      routine: entry.actor.name,
      trigger: text(entry.facts?.trigger),
      ok: entry.type === 'routine_run' && entry.ok === true,
      skipped: text(entry.facts?.reason),
      code: entry.code ?? null,
      failedCalls: Number(entry.facts?.failed ?? 0),
      durationMs: entry.duration_ms ?? null,
      session: entry.session ?? null,
    }))
    const truncated = ran.more || skipped.more || all.length > limit
    return { runs, truncated, nextBefore: truncated ? (runs.at(-1)?.index ?? null) : null }
  },
})

/** How many of them went which way, those that there are. */
function outcomes(runs: readonly z.infer<typeof ShownRun>[]) {
  const number = (matches: (run: z.infer<typeof ShownRun>) => boolean) => runs.filter(matches).length
  return [
    { how: 'went well', number: number(({ ok }) => ok) },
    { how: 'failed', number: number(({ ok, skipped }) => !ok && skipped === null) },
    { how: 'did not happen', number: number(({ skipped }) => skipped !== null) },
  ].filter((outcome) => outcome.number > 0)
}

function text(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}
