import { CastellanError, TrashId } from '@castellan/contracts'
import { z } from 'zod'
import { sizeOf } from '../../host/files/snapshot.ts'
import { changeLimits, defineTool } from '../define.ts'
import { pathField } from '../fields.ts'
import { moment, size } from '../words.ts'
import { revertsContent } from './about.ts'

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
  resources: async ({ id, path }, host) => {
    const item = id === undefined ? undefined : host.trash.find(id)
    const asked = item?.path ?? path
    return asked === undefined
      ? []
      : [{ kind: 'path', id: await host.files.locate(asked, 'keep'), access: 'write', tree: true }]
  },
  preview: async (input, { host }) => {
    const { path, content, keptAt } = await host.files.looks.trashed(which(input))
    const effects = [`Puts ${path} back (${size(sizeOf(content))}), as it was ${moment(keptAt)}.`]
    return { effects, undo: 'Undo moves it to the trash again.' }
  },
  run: async (input, { host, signal, keepInverse }) => {
    const { created: _, ...change } = await host.files.changes.restore(which(input), keepInverse, signal)
    return change
  },
  ...revertsContent,
})

function which({ id, path }: { readonly id?: string | undefined; readonly path?: string | undefined }) {
  if (id !== undefined && path === undefined) return { id }
  if (path !== undefined && id === undefined) return { path }
  throw new CastellanError(
    'invalid_arguments',
    'Say what to restore: either id or path, not both. trash_list shows what there is.',
  )
}
