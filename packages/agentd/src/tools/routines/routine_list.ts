import { Timestamp } from '@castellan/contracts'
import { z } from 'zod'
import { fitting } from '../cut.ts'
import { defineTool, readLimits } from '../define.ts'
import { limitField, truncatedField } from '../fields.ts'
import { count, list } from '../words.ts'
import { presentRoutine, shownRoutine } from './fields.ts'

export const routineList = defineTool({
  name: 'routine_list',
  title: 'Routines',
  description:
    'What happens by itself on this machine: each routine with its calls, when it runs next and whether it runs now.',
  input: z.strictObject({
    limit: limitField(200, 50, 'routines'),
    offset: z.int().min(0).default(0).describe('Routines to skip, to see the rest of a long list.'),
  }),
  output: z.strictObject({
    routines: z.array(shownRoutine.extend({ nextRunAt: Timestamp.nullable(), running: z.boolean() })),
    total: z.int(),
    truncated: truncatedField,
  }),
  effect: 'read',
  undo: 'none',
  limits: readLimits,
  // An agent may have chosen the words.
  taints: ({ routines }) => (routines.length === 0 ? [] : ['untrusted-text']),
  summary: ({ routines, total }) =>
    total === 0
      ? 'There are no routines.'
      : `${count(total, 'routine')}: ${list(routines.map(({ name, timing }) => `${name} ${timing}`))}.`,
  run: async ({ limit, offset }, { host }) => {
    const all = host.routines.list()
    const page = all.slice(offset, offset + limit).map(({ routine, nextRunAt, running }) => ({
      ...presentRoutine(routine),
      nextRunAt: nextRunAt?.toISOString() ?? null,
      running,
    }))
    const routines = fitting(page, readLimits.outputBytes)
    return { routines, total: all.length, truncated: offset + routines.length < all.length }
  },
})
