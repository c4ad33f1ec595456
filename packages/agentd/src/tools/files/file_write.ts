import { z } from 'zod'
import { changeLimits, defineTool } from '../define.ts'
import { pathField, textField } from '../fields.ts'
import { size } from '../words.ts'
import { pathOf, revertsContent, undoRestores, withDiff } from './about.ts'

const MAX_CONTENT_CHARACTERS = 262_144

export const fileWrite = defineTool({
  name: 'file_write',
  title: 'Write a file',
  description:
    'Writes text to a file: a new one, in place of what is there, or at its end. What was there is kept in the trash and can come back.',
  input: z.strictObject({
    path: pathField('The file. Missing folders are made.'),
    content: textField(MAX_CONTENT_CHARACTERS).describe(
      'The text to write, exactly; end it with a line break where a line should end.',
    ),
    mode: z
      .enum(['create', 'overwrite', 'append'])
      .default('create')
      .describe(
        '"create" refuses to touch an existing file; "overwrite" replaces it; "append" adds to its end. Default create.',
      ),
  }),
  output: z.strictObject({
    path: z.string(),
    sizeBytes: z.int().describe('Size of the file now.'),
    writtenBytes: z.int(),
    created: z.boolean(),
  }),
  effect: 'change',
  undo: 'inverse',
  limits: changeLimits,
  summary: ({ path, sizeBytes, writtenBytes, created }, { mode }) => {
    if (created) return `Created ${path} with ${size(sizeBytes)}.`
    if (mode === 'append') return `Added ${size(writtenBytes)} to ${path}, which has ${size(sizeBytes)} now.`
    return `Replaced the content of ${path}; it has ${size(sizeBytes)} now, and the earlier content is in the trash.`
  },
  resources: pathOf('write'),
  preview: async ({ path, content, mode }, { host }) => {
    const { path: real, now, folders } = await host.files.looks.content(path)
    const bytes = Buffer.from(content)
    const then = mode === 'append' && now !== null ? Buffer.concat([now, bytes]) : bytes
    const what =
      now === null
        ? `Creates ${real} with ${size(bytes.length)}.`
        : mode === 'append'
          ? `Adds ${size(bytes.length)} to ${real}, which has ${size(now.length)}.`
          : mode === 'create'
            ? `Nothing: ${real} exists already, and mode create refuses to touch it.`
            : `Replaces the ${size(now.length)} of ${real} by ${size(bytes.length)}.`
    const effects = [what, ...folders.map((folder) => `Makes the folder ${folder}.`)]
    const undo = now === null ? 'Undo moves the new file to the trash.' : undoRestores
    return now !== null && mode === 'create' ? { effects, undo } : withDiff({ effects, undo }, real, now, then)
  },
  run: async ({ path, content, mode }, { host, signal, keepInverse }) => {
    const bytes = Buffer.from(content)
    const change = await host.files.changes.write(path, bytes, mode, keepInverse, signal)
    return { ...change, writtenBytes: bytes.length }
  },
  ...revertsContent,
})
