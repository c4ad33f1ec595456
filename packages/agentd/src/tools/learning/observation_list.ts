import { Timestamp } from '@castellan/contracts'
import { z } from 'zod'
import { type Observation, type ObservationKind, observe } from '../../learning/observations.ts'
import { MOST_ENTRIES, readRecent } from '../../learning/recent.ts'
import { fitting } from '../cut.ts'
import { defineTool, readLimits } from '../define.ts'
import { limitField, offsetField, truncatedField } from '../fields.ts'
import { count, duration, list } from '../words.ts'
import { daysField } from './fields.ts'

const kinds = [
  'failing_tool',
  'refused_call',
  'restarted_unit',
  'denied_call',
  'approved_call',
  'slow_tool',
  'failing_routine',
] as const satisfies readonly ObservationKind[]

const ShownObservation = z.strictObject({
  kind: z.enum(kinds),
  subject: z.string().describe('The tool, unit or routine it is about.'),
  code: z.string().nullable().describe('The error code, of failures and refusals.'),
  times: z.int(),
  of: z.int().describe('Out of how many: calls of the tool, answers of people, runs of the routine.'),
  firstAt: Timestamp,
  lastAt: Timestamp,
  ledgerIndex: z.int().describe('The newest ledger entry that shows it.'),
  medianMs: z.int().nullable().describe('How long its middle call takes; of slow tools only.'),
  slowestMs: z.int().nullable(),
  advice: z.string(),
})

const advice: Readonly<Record<ObservationKind, string>> = {
  failing_tool: 'Look at the newest failure, and mend its cause before it is called again.',
  refused_call: 'Somebody keeps asking for what is not given: see policy_explain, or stop asking.',
  restarted_unit: 'A restart does not mend it: find out why it fails, with journal_errors and service_status.',
  denied_call: 'People keep saying no: a rule that forbids it would spare the question.',
  approved_call:
    'People always say yes: a rule for exactly this call would spare the question, if the owner wants one.',
  slow_tool: 'Narrow the question, or ask at a quieter time.',
  failing_routine: 'See routine_history, and change or remove the routine.',
}

export const observationList = defineTool({
  name: 'observation_list',
  title: 'What keeps happening',
  description:
    'What the ledger shows again and again: tools that fail, calls that are refused, units that are restarted, what people keep denying or approving, slow calls, routines that fail.',
  input: z.strictObject({
    days: daysField,
    kind: z.enum(kinds).optional().describe('Only observations of this kind.'),
    limit: limitField(200, 50, 'observations'),
    offset: offsetField('observations'),
  }),
  output: z.strictObject({
    observations: z.array(ShownObservation),
    total: z.int(),
    entriesRead: z.int(),
    complete: z
      .boolean()
      .describe(`False where there was more to read: of each type of entry only the newest ${MOST_ENTRIES} are read.`),
    truncated: truncatedField,
  }),
  effect: 'read',
  undo: 'none',
  limits: { ...readLimits, timeoutMs: 60_000, perMinute: 30 },
  resources: () => [{ kind: 'machine', id: 'ledger', access: 'read' }],
  // Names of units and routines, which whoever made them chose.
  taints: ({ observations }) =>
    observations.some(({ kind }) => kind === 'restarted_unit' || kind === 'failing_routine') ? ['untrusted-text'] : [],
  summary: ({ observations, total, entriesRead, complete }, { days }) => {
    const read = `in ${count(entriesRead, 'entry', 'entries')} of ${count(days, 'day')}${complete ? '' : ' (the newest; there are more)'}`
    if (total === 0) return `Nothing comes again and again ${read}.`
    return `${count(total, 'observation')} ${read}: ${list(observations.map(inWords), 4)}.`
  },
  run: async ({ days, kind, limit, offset }, { host, signal }) => {
    const types = ['outcome', 'refused', 'approval_decided', 'routine_run'] as const
    const { entries, truncated } = await readRecent(host.ledger, { days, types }, signal)
    const all = observe(entries).filter((one) => kind === undefined || one.kind === kind)
    const observations = fitting(all.slice(offset, offset + limit).map(present), readLimits.outputBytes)
    return {
      observations,
      total: all.length,
      entriesRead: entries.length,
      complete: !truncated,
      truncated: offset + observations.length < all.length,
    }
  },
})

function present({ firstAtMs, lastAtMs, ...rest }: Observation): z.infer<typeof ShownObservation> {
  return {
    ...rest,
    firstAt: new Date(firstAtMs).toISOString(),
    lastAt: new Date(lastAtMs).toISOString(),
    advice: advice[rest.kind],
  }
}

function inWords({ kind, subject, code, times, of, medianMs }: z.infer<typeof ShownObservation>): string {
  switch (kind) {
    case 'failing_tool':
      return `${subject} failed ${times} of ${of} times (${code})`
    case 'refused_call':
      return `${subject} was refused ${count(times, 'time')} (${code})`
    case 'restarted_unit':
      return `${subject} was restarted ${count(times, 'time')}`
    case 'denied_call':
      return `people denied ${subject} ${times} of ${of} times`
    case 'approved_call':
      return `people approved ${subject} every time (${times})`
    case 'slow_tool':
      return `${subject} takes ${duration((medianMs ?? 0) / 1000)}`
    case 'failing_routine':
      return `the routine ${subject} failed ${times} of ${of} times (${code})`
  }
}
