import { z } from 'zod'
import { fitting } from '../cut.ts'
import { defineTool, readLimits } from '../define.ts'
import { limitField, offsetField, pathField, truncatedField } from '../fields.ts'
import { count, list, size } from '../words.ts'
import { pathOf, takesUntrusted, untrustedField } from './about.ts'

const limits = { ...readLimits, timeoutMs: 30_000, perMinute: 60 }
const budget = { milliseconds: 20_000, entries: 2_000_000 }

export const directoryUsage = defineTool({
  name: 'directory_usage',
  title: 'Directory usage',
  description:
    'What a folder takes on the disk, and what in it takes most. Stays on one file system and counts a file with several names once.',
  input: z.strictObject({
    path: pathField('The folder.').default('.'),
    limit: limitField(500, 20, 'of the things in it, the largest first'),
    offset: offsetField('of the things in it'),
  }),
  output: z.strictObject({
    path: z.string(),
    sizeBytes: z.int().describe('What the files hold.'),
    diskBytes: z.int().describe('What they take on the disk.'),
    files: z.int(),
    directories: z.int(),
    parts: z.array(
      z.strictObject({
        name: z.string(),
        directory: z.boolean(),
        sizeBytes: z.int(),
        diskBytes: z.int(),
        files: z.int(),
      }),
    ),
    totalParts: z.int().describe('How many things lie directly in the folder.'),
    skipped: z.int().describe('What was not counted: not granted, not readable, or another file system.'),
    complete: z.boolean().describe('False where the time ran out: then every figure is a lower bound.'),
    untrusted: untrustedField,
    truncated: truncatedField,
  }),
  effect: 'read',
  undo: 'none',
  limits,
  summary: ({ path, diskBytes, files, parts, skipped, complete }, { offset }) => {
    const most = parts.slice(0, 3).map(({ name, diskBytes: disk }) => `${name} (${size(disk)})`)
    const largest =
      most.length === 0 ? '' : ` ${offset === 0 ? 'Most is in' : `From number ${offset + 1} on:`} ${list(most)}.`
    const missing = skipped === 0 ? '' : ` ${count(skipped, 'entry was', 'entries were')} not counted.`
    return `${path} takes ${complete ? '' : 'at least '}${size(diskBytes)} in ${count(files, 'file')}.${largest}${missing}`
  },
  resources: pathOf('read', 'follow', true),
  taints: takesUntrusted,
  run: async ({ path, limit, offset }, { host, signal }) => {
    const { parts, ...usage } = await host.files.usage(path, budget, signal)
    const shown = fitting(parts.slice(offset, offset + limit), limits.outputBytes)
    return { ...usage, parts: shown, totalParts: parts.length, truncated: offset + shown.length < parts.length }
  },
})
