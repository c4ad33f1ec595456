import { z } from 'zod'
import { changeLimits, defineTool } from '../define.ts'
import { count, size } from '../words.ts'

const DAY_MS = 86_400_000

export const trashEmpty = defineTool({
  name: 'trash_empty',
  title: 'Empty the trash',
  description:
    'Destroys what the trash keeps, all of it or only what is older than some days. Acts whose undo needs it cannot be undone any more.',
  input: z.strictObject({
    olderThanDays: z
      .int()
      .min(0)
      .max(3650)
      .default(0)
      .describe('Only what was kept longer ago than this many days. Default 0: everything.'),
  }),
  output: z.strictObject({ items: z.int().describe('How many were destroyed.'), freedBytes: z.int() }),
  effect: 'destroy',
  undo: 'none',
  limits: changeLimits,
  summary: ({ items, freedBytes }) =>
    items === 0
      ? 'There was nothing in the trash to destroy.'
      : `Destroyed ${count(items, 'item')} of the trash, ${size(freedBytes)} in all.`,
  resources: () => [{ kind: 'machine', id: 'trash', access: 'write' }],
  preview: async ({ olderThanDays }, { host }) => {
    const leaving = host.trash.keptBefore(momentBefore(olderThanDays))
    const names = leaving.slice(0, 20).map(({ path }) => `Destroys what was kept of ${path}.`.slice(0, 2000))
    const more = leaving.length > names.length ? [`And ${leaving.length - names.length} more.`] : []
    return {
      effects: leaving.length === 0 ? ['Nothing: the trash keeps nothing that old.'] : [...names, ...more],
      undo: `This cannot be taken back, nor can the acts whose undo needs ${leaving.length === 1 ? 'it' : 'them'}.`,
    }
  },
  run: ({ olderThanDays }, { host }) => host.trash.empty(momentBefore(olderThanDays)),
})

/** Nothing but what is there when the call runs goes: a millisecond later counts as now. */
function momentBefore(days: number): number {
  return Date.now() - days * DAY_MS + 1
}
