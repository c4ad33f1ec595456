import { CastellanError, Timestamp, type ToolPreview } from '@castellan/contracts'
import { z } from 'zod'
import { Routine } from '../../routines/routine.ts'
import { inWords, nextRun, Timing } from '../../routines/timing.ts'
import { changeLimits, defineTool } from '../define.ts'
import { list, moment } from '../words.ts'
import { nameField, presentRoutine, shownRoutine } from './fields.ts'
import { previewRevert, revertRoutine } from './revert.ts'

const input = z.strictObject({
  name: nameField,
  description: z.string().max(500).default('').describe('What it is for, in a sentence.'),
  cron: z
    .string()
    .min(1)
    .max(120)
    .optional()
    .describe('When, as the five fields of crontab: "15 0,7 * * 1-5". Give this or everySeconds.'),
  timezone: z.string().min(1).max(64).default('UTC').describe('Time zone of the cron pattern, e.g. "Europe/Berlin".'),
  everySeconds: z.int().min(60).max(2_678_400).optional().describe('Interval in seconds, 60 to 2678400 (31 days).'),
  calls: z
    .array(
      z.strictObject({
        tool: z.string().min(1).max(64),
        args: z.record(z.string(), z.unknown()).default({}),
      }),
    )
    .min(1)
    .max(16)
    .describe('The tool calls of one run, in order: 1 to 16.'),
  catchUp: z
    .enum(['once', 'skip'])
    .default('skip')
    .describe('When runs were missed because the machine was off: run once at the start, or skip them.'),
  onFailure: z.enum(['stop', 'continue']).default('stop').describe('Whether to go on after a call that failed.'),
  jitterSeconds: z.int().min(0).max(3600).default(0).describe('Start each run up to so many seconds late, by chance.'),
})

export const routineAdd = defineTool({
  name: 'routine_add',
  title: 'Add a routine',
  description:
    'Makes tool calls happen by themselves, by a cron pattern or an interval. Agreeing to it is agreeing to exactly these ' +
    'calls, each time; without that, its changes ask each time.',
  input,
  output: z.strictObject({ routine: shownRoutine, nextRunAt: Timestamp.nullable() }),
  effect: 'change',
  undo: 'inverse',
  limits: changeLimits,
  summary: ({ routine, nextRunAt }) =>
    `Routine ${routine.name} calls ${list(routine.calls.map(({ tool }) => tool))} ${routine.timing}` +
    (nextRunAt === null ? '.' : `; next ${moment(nextRunAt)}.`),
  resources: ({ name }) => [{ kind: 'machine', id: `routine:${name}`, access: 'write' }],
  preview: async ({ calls, ...input }): Promise<ToolPreview> => {
    const timing = timingOf(input)
    const now = Date.now()
    const first = nextRun(timing, now, now)
    const second = first === undefined ? undefined : nextRun(timing, first, now)
    const times = [first, second].filter((at) => at !== undefined).map((at) => moment(new Date(at)))
    return {
      effects: [
        `From now on, ${inWords(timing)}, without asking again (first ${times.join(', then ')}):`,
        ...calls.map(({ tool, args }) => `${tool} ${JSON.stringify(args)}`.slice(0, 1900)),
      ],
      undo: 'Undo removes the routine. What its runs did by then stays, and is undone act by act.',
    }
  },
  run: async ({ name, description, calls, catchUp, onFailure, jitterSeconds, ...when }, context) => {
    const { host, call, keepInverse, agreed } = context
    const routine = Routine.parse({
      name,
      description,
      timing: timingOf(when),
      calls,
      jitterSeconds,
      catchUp,
      onFailure,
      agreed,
      createdBy: { kind: call.caller, name: call.agent },
      createdAt: new Date().toISOString(),
    })
    await keepInverse({ description: `Undo removes routine ${name}.`, data: { kind: 'added', routine } })
    const { nextRunAt } = await host.routines.add(routine)
    return { routine: presentRoutine(routine), nextRunAt: nextRunAt?.toISOString() ?? null }
  },
  revertPreview: async (data, context) => previewRevert(data, context),
  revert: async (data, context) => revertRoutine(data, context),
})

function timingOf(when: {
  readonly cron?: string | undefined
  readonly timezone: string
  readonly everySeconds?: number | undefined
}): Timing {
  const { cron, timezone, everySeconds } = when
  if ((cron === undefined) === (everySeconds === undefined)) {
    throw new CastellanError('invalid_arguments', 'Say when: either cron or everySeconds, one of them.')
  }
  return Timing.parse(cron === undefined ? { everySeconds } : { cron, timezone })
}
