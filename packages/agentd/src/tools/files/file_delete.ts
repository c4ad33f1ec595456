import { TrashId } from '@castellan/contracts'
import { z } from 'zod'
import { changeLimits, defineTool } from '../define.ts'
import { pathField } from '../fields.ts'
import { size } from '../words.ts'
import { pathOf, revertsContent, undoRestores } from './about.ts'

export const fileDelete = defineTool({
  name: 'file_delete',
  title: 'Delete a file',
  description:
    'Moves a file to the trash, from where trash_restore brings it back. A symbolic link goes itself, not what it points to.',
  input: z.strictObject({ path: pathField('The file.') }),
  output: z.strictObject({
    path: z.string(),
    sizeBytes: z.int(),
    trashId: TrashId.describe('What trash_restore takes.'),
  }),
  effect: 'change',
  undo: 'inverse',
  limits: changeLimits,
  summary: ({ path, sizeBytes, trashId }) => `Moved ${path} (${size(sizeBytes)}) to the trash as ${trashId}.`,
  resources: pathOf('write', 'keep', true),
  preview: async ({ path }, { host }) => {
    const { path: real, kind, sizeBytes } = await host.files.looks.entry(path)
    const what = kind === 'file' ? `the file ${real} (${size(sizeBytes)})` : `the symbolic link ${real}`
    return { effects: [`Moves ${what} to the trash.`], undo: `${undoRestores} trash_restore does so too.` }
  },
  run: async ({ path }, { host, signal, keepInverse }) => {
    const { created: _, ...change } = await host.files.changes.delete(path, keepInverse, signal)
    return change
  },
  ...revertsContent,
})
