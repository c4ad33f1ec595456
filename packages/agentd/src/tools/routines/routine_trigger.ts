import { z } from 'zod'
import { defineTool } from '../define.ts'
import { callReports, nameField, tellRun } from './fields.ts'

export const routineTrigger = defineTool({
  name: 'routine_trigger',
  title: 'Run a routine now',
  description:
    'Runs a routine at once, beside its schedule, waits until it is done and answers how each of its calls ended.',
  input: z.strictObject({ name: nameField }),
  output: z.strictObject({
    routine: z.string(),
    ok: z.boolean(),
    calls: callReports,
    durationMs: z.int(),
    ledgerIndex: z.int().nullable().describe('Ledger number of the run.'),
  }),
  effect: 'change',
  undo: 'none',
  limits: { timeoutMs: 900_000, outputBytes: 64 * 1024, perMinute: 60 },
  summary: (report) => `Routine ${report.routine} ran: ${tellRun(report)}`,
  resources: ({ name }) => [{ kind: 'machine', id: `routine:${name}`, access: 'write' }],
  preview: async ({ name }, { host }) => {
    const routine = host.routines.list().find((state) => state.routine.name === name)?.routine
    return {
      effects:
        routine === undefined
          ? [`There is no routine ${name}.`]
          : routine.calls.map(({ tool, args }) => `${tool} ${JSON.stringify(args)}`.slice(0, 1900)),
      undo: 'Its calls are acts of their own and are undone one by one.',
    }
  },
  run: async ({ name }, { host, signal }) => {
    const { routine, ok, calls, durationMs, ledgerIndex } = await host.routines.trigger(name, signal)
    return { routine, ok, calls: [...calls], durationMs, ledgerIndex }
  },
})
