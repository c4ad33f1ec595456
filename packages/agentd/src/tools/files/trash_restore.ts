import { CastellanError, TrashId } from '@castellan/contracts'
import { z } from 'zod'
import { changeLimits, defineTool } from '../define.ts'
import { pathField } from '../fields.ts'
import { size } from '../words.ts'

export const trashRestore = defineTool({
  name: 'trash_restore',
  title: 'Restore from the trash',
  description:
    'Puts back a file from the trash, where it was, with its owner, permissions and time. By id, or by path: then what was deleted there last.',
  input: z.strictObject({
    id: TrashId.optional().describe('The id of an item, as trash_list and file_delete tell it.'),
    path: pathField('Instead of an id: where the file was.').optional(),
  }),
  output: z.strictObject({ path: z.string(), sizeBytes: z.int() }),
  effect: 'change',
  undo: 'inverse',
  limits: changeLimits,
  summary: ({ path, sizeBytes }) => `${path} is back from the trash (${size(sizeBytes)}).`,
  run: async ({ id, path }, { host, signal, keepInverse }) => {
    if ((id === undefined) === (path === undefined)) {
      throw new CastellanError(
        'invalid_arguments',
        'Say what to restore: either id or path, not both. trash_list shows what there is.',
      )
    }
    const which = id === undefined ? { path: path as string } : { id }
    const { created: _, ...change } = await host.files.changes.restore(which, keepInverse, signal)
    return change
  },
  revert: (data, context) => context.host.files.changes.revert(data, context),
})
