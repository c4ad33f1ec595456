import { CastellanError } from '@castellan/contracts'
import { z } from 'zod'
import { inWords } from '../../routines/timing.ts'
import { changeLimits, defineTool } from '../define.ts'
import { nameField, presentRoutine, shownRoutine } from './fields.ts'
import { previewRevert, revertRoutine } from './revert.ts'

export const routineRemove = defineTool({
  name: 'routine_remove',
  title: 'Remove a routine',
  description: 'Ends a routine: it does not run again. A run under way goes on to its end.',
  input: z.strictObject({ name: nameField }),
  output: z.strictObject({ removed: shownRoutine }),
  effect: 'change',
  undo: 'inverse',
  limits: changeLimits,
  summary: ({ removed }) => `Routine ${removed.name} (${removed.timing}) is removed.`,
  resources: ({ name }) => [{ kind: 'machine', id: `routine:${name}`, access: 'write' }],
  preview: async ({ name }, { host }) => {
    const routine = host.routines.list().find((state) => state.routine.name === name)?.routine
    const effect =
      routine === undefined ? `There is no routine ${name}.` : `${name} no longer runs ${inWords(routine.timing)}.`
    return { effects: [effect], undo: 'Undo adds it again as it was.' }
  },
  run: async ({ name }, { host, keepInverse }) => {
    const routine = host.routines.list().find((state) => state.routine.name === name)?.routine
    if (routine === undefined) {
      throw new CastellanError('not_found', `There is no routine ${name}. routine_list shows those there are.`)
    }
    const { dueUpTo: _, ...kept } = routine
    await keepInverse({ description: `Undo adds routine ${name} again.`, data: { kind: 'removed', routine: kept } })
    return { removed: presentRoutine(await host.routines.remove(name)) }
  },
  revertPreview: async (data, context) => previewRevert(data, context),
  revert: async (data, context) => revertRoutine(data, context),
})
