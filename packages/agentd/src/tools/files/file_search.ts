import { CastellanError, Timestamp } from '@castellan/contracts'
import { z } from 'zod'
import { fitting } from '../cut.ts'
import { defineTool, readLimits } from '../define.ts'
import { limitField, pathField, textField, truncatedField } from '../fields.ts'
import { count, list, size } from '../words.ts'
import { pathOf, takesUntrusted, untrustedField } from './about.ts'
import { looksSecret } from './secret.ts'

const limits = { ...readLimits, timeoutMs: 20_000, outputBytes: 128 * 1024, perMinute: 120 }
/** One answer looks at no more than this; its cursor goes on. */
const budget = { milliseconds: 10_000, entries: 500_000, bytes: 1024 * 1024 * 1024 }

export const fileSearch = defineTool({
  name: 'file_search',
  title: 'Search files',
  description:
    'Finds files below a folder by name (with * and ?), by a literal text in them, or both. No regular expressions; links are not followed.',
  input: z.strictObject({
    path: pathField('Where to look.').default('.'),
    name: textField(255)
      .min(1)
      .refine((name) => !name.includes('/'), 'must be a name without /; say the folder in path')
      .optional()
      .describe('Pattern for the name: * stands for anything, ? for one character, e.g. "*.conf".'),
    contains: textField(1000)
      .min(1)
      .refine((text) => !text.includes('\n'), 'must be within one line')
      .optional()
      .describe('Text that a file has to contain, exactly as written; each line with it is shown.'),
    ignoreCase: z.boolean().default(false).describe('Whether A to Z and a to z are the same.'),
    limit: limitField(1000, 100, 'matches'),
    cursor: z.string().min(1).max(8192).optional().describe('The nextCursor of an earlier answer to the same search.'),
  }),
  output: z.strictObject({
    path: z.string(),
    matches: z.array(
      z.strictObject({
        path: z.string(),
        kind: z.enum(['file', 'directory', 'symlink', 'fifo', 'socket', 'device']),
        sizeBytes: z.int(),
        modifiedAt: Timestamp,
        line: z.int().nullable().describe('Line of the text, counted from 1; null in a search by name.'),
        text: z.string().nullable().describe('That line, or what is around the text in a long one.'),
      }),
    ),
    searchedEntries: z.int(),
    readBytes: z.int(),
    skipped: z
      .int()
      .describe('What was not looked into: not granted, not readable, binary, over 64 MiB, or another file system.'),
    untrusted: untrustedField,
    truncated: truncatedField,
    nextCursor: z.string().nullable().describe('Where to go on; null at the end.'),
  }),
  effect: 'read',
  undo: 'none',
  limits,
  summary: ({ path, matches, searchedEntries, readBytes, truncated }, { contains }) => {
    const names = [...new Set(matches.map((match) => match.path))]
    const found = `Found ${count(matches.length, contains === undefined ? 'match' : 'line', contains === undefined ? 'matches' : 'lines')}`
    const where = names.length === 0 ? ` below ${path}` : `: ${list(names, 5)}`
    const read = readBytes === 0 ? '' : ` and ${size(readBytes)}`
    const more = truncated ? ' There is more to look through: repeat with nextCursor.' : ''
    return `${found}${where}. Looked at ${count(searchedEntries, 'entry', 'entries')}${read}.${more}`
  },
  resources: pathOf('read', 'follow', true),
  taints: ({ matches, untrusted }) => [
    ...takesUntrusted({ untrusted }),
    ...(matches.some(({ path, text }) => text !== null && looksSecret(path, text)) ? (['secret'] as const) : []),
  ],
  run: async ({ path, name, contains, ignoreCase, limit, cursor }, { host, signal }) => {
    if (name === undefined && contains === undefined) {
      throw new CastellanError('invalid_arguments', 'Say what to look for: name, contains, or both.')
    }
    const after = cursor === undefined ? undefined : readCursor(cursor)
    const found = await host.files.search(path, { name, contains, ignoreCase, limit, after }, budget, signal)
    const all = found.hits.map(({ names: _, line, text, modifiedAt, ...facts }) => ({
      ...facts,
      modifiedAt: modifiedAt.toISOString(),
      ...(contains === undefined ? { line: null, text: null } : { line, text }),
    }))
    const matches = fitting(all, limits.outputBytes)
    const last = matches.length < all.length ? found.hits[matches.length - 1] : undefined
    const next =
      last === undefined ? found.next : { names: last.names, line: contains === undefined ? null : last.line }
    return {
      path: found.path,
      matches,
      searchedEntries: found.searchedEntries,
      readBytes: found.readBytes,
      skipped: found.skipped,
      untrusted: found.untrusted,
      truncated: next !== null,
      nextCursor: next === null ? null : Buffer.from(JSON.stringify(next)).toString('base64url'),
    }
  },
})

const Position = z.strictObject({ names: z.array(z.string()), line: z.int().nullable() })

function readCursor(cursor: string): z.infer<typeof Position> {
  try {
    return Position.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString()))
  } catch {
    throw new CastellanError(
      'invalid_arguments',
      'That cursor is not one of file_search. Repeat the search without it.',
    )
  }
}
