import { z } from 'zod'
import { changeLimits, defineTool } from '../define.ts'
import { pathField } from '../fields.ts'

const kindWords = { file: 'file', symlink: 'symbolic link', directory: 'folder' }

export const fileMove = defineTool({
  name: 'file_move',
  title: 'Move or rename',
  description:
    'Moves or renames a file, a symbolic link or a folder, within one file system. Never replaces what is at the new place.',
  input: z.strictObject({
    from: pathField('What to move.'),
    to: pathField('Its new path, with the new name. Missing folders are made.'),
  }),
  output: z.strictObject({
    from: z.string(),
    to: z.string(),
    kind: z.enum(['file', 'symlink', 'directory']),
  }),
  effect: 'change',
  undo: 'inverse',
  limits: changeLimits,
  summary: ({ from, to, kind }) => `Moved the ${kindWords[kind]} ${from} to ${to}.`,
  resources: async ({ from, to }, host) => [
    { kind: 'path', id: await host.files.locate(from, 'keep'), access: 'write', tree: true },
    { kind: 'path', id: await host.files.locate(to, 'keep'), access: 'write' },
  ],
  preview: ({ from, to }, { host }) => host.files.moves.preview(from, to),
  run: ({ from, to }, { host, signal, keepInverse }) => host.files.moves.move(from, to, keepInverse, signal),
  revert: (data, context) => context.host.files.moves.revert(data, context),
  revertPreview: (data, { host, interrupted }) => host.files.moves.revertPreview(data, interrupted),
})
