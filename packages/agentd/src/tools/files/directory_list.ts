import { Timestamp } from '@castellan/contracts'
import { z } from 'zod'
import { fitting } from '../cut.ts'
import { defineTool, readLimits } from '../define.ts'
import { limitField, pathField, truncatedField } from '../fields.ts'
import { count, list, size } from '../words.ts'
import { pathOf, takesUntrusted, untrustedField } from './about.ts'

export const directoryList = defineTool({
  name: 'directory_list',
  title: 'Directory list',
  description:
    'What is in a folder, by name: kind, size and modification time of each entry. The workspace where no path is given.',
  input: z.strictObject({
    path: pathField('The folder.').default('.'),
    limit: limitField(1000, 100, 'entries'),
    offset: z.int().min(0).default(0).describe('How many entries to skip: the nextOffset of an earlier answer.'),
  }),
  output: z.strictObject({
    path: z.string(),
    entries: z.array(
      z.strictObject({
        name: z.string(),
        kind: z.enum(['file', 'directory', 'symlink', 'fifo', 'socket', 'device']),
        sizeBytes: z.int(),
        modifiedAt: Timestamp,
        target: z.string().nullable().describe('Where a symbolic link points.'),
      }),
    ),
    totalEntries: z.int(),
    untrusted: untrustedField,
    truncated: truncatedField,
    nextOffset: z.int().nullable().describe('Offset of the next entries; null at the end.'),
  }),
  effect: 'read',
  undo: 'none',
  limits: readLimits,
  summary: ({ path, entries, totalEntries, truncated }) => {
    if (totalEntries === 0) return `${path} is empty.`
    if (entries.length === 0)
      return `${path} has ${count(totalEntries, 'entry', 'entries')}, none of them from there on.`
    const names = entries.map(({ name, kind, sizeBytes }) => {
      return kind === 'directory' ? `${name}/` : kind === 'file' ? `${name} (${size(sizeBytes)})` : `${name} (${kind})`
    })
    const part = truncated ? ` Shown: ${entries.length}.` : ''
    return `${path} has ${count(totalEntries, 'entry', 'entries')}: ${list(names, 10)}.${part}`
  },
  resources: pathOf('read'),
  taints: takesUntrusted,
  run: async ({ path, limit, offset }, { host, signal }) => {
    const page = await host.files.list(path, { offset, limit }, signal)
    const shown = page.entries.map((entry) => ({ ...entry, modifiedAt: entry.modifiedAt.toISOString() }))
    const entries = fitting(shown, readLimits.outputBytes)
    // An entry that vanished meanwhile was passed over; it still counts as seen.
    const seen = entries.length < shown.length ? offset + entries.length : Math.min(offset + limit, page.totalEntries)
    const truncated = seen < page.totalEntries
    return {
      path: page.path,
      entries,
      totalEntries: page.totalEntries,
      untrusted: page.untrusted,
      truncated,
      nextOffset: truncated ? seen : null,
    }
  },
})
