import { CastellanError } from '@castellan/contracts'
import { z } from 'zod'
import { changeLimits, defineTool } from '../define.ts'
import { pathField, textField } from '../fields.ts'
import { count, size } from '../words.ts'
import { pathOf, revertsContent, undoRestores, withDiff } from './about.ts'

const MAX_TEXT_CHARACTERS = 65_536

export const fileEdit = defineTool({
  name: 'file_edit',
  title: 'Edit a file',
  description:
    'Replaces one piece of text in a file by another, exactly as written. The earlier content is kept in the trash and can come back.',
  input: z.strictObject({
    path: pathField('The file.'),
    find: textField(MAX_TEXT_CHARACTERS)
      .min(1)
      .describe('The text to replace, exactly as it is in the file, line breaks included.'),
    replace: textField(MAX_TEXT_CHARACTERS).describe('What to put in its place; may be empty.'),
    all: z
      .boolean()
      .default(false)
      .describe('Replace every occurrence. Without it the text has to occur exactly once.'),
  }),
  output: z.strictObject({
    path: z.string(),
    replacements: z.int(),
    sizeBytes: z.int().describe('Size of the file now.'),
  }),
  effect: 'change',
  undo: 'inverse',
  limits: changeLimits,
  summary: ({ path, replacements, sizeBytes }) =>
    `Replaced ${count(replacements, 'occurrence')} in ${path}, which has ${size(sizeBytes)} now. The earlier content is in the trash.`,
  resources: pathOf('write'),
  preview: async (input, { host }) => {
    const { path, now } = await host.files.looks.content(input.path)
    if (now === null) throw new CastellanError('not_found', `${path} does not exist.`)
    const { bytes, replacements } = edit(now, { ...input, path })
    const effects = [`Replaces ${count(replacements, 'occurrence')} in ${path}.`]
    return withDiff({ effects, undo: undoRestores }, path, now, bytes)
  },
  run: async ({ path, find, replace, all }, { host, signal, keepInverse }) => {
    let replacements = 0
    const replacing = (content: Uint8Array) => {
      const edited = edit(content, { path, find, replace, all })
      replacements = edited.replacements
      return edited.bytes
    }
    const { created: _, ...change } = await host.files.changes.edit(path, replacing, keepInverse, signal)
    return { ...change, replacements }
  },
  ...revertsContent,
})

interface Edit {
  readonly path: string
  readonly find: string
  readonly replace: string
  readonly all: boolean
}

/** Throws `not_utf8`, `text_not_found` and `text_ambiguous`. */
function edit(content: Uint8Array, { path, find, replace, all }: Edit): { bytes: Buffer; replacements: number } {
  const parts = decode(content, path).split(find)
  const replacements = parts.length - 1
  if (replacements === 0) throw notFound(path)
  if (replacements > 1 && !all) throw ambiguous(path, replacements)
  return { bytes: Buffer.from(parts.join(replace)), replacements }
}

function decode(content: Uint8Array, path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(content)
  } catch {
    throw new CastellanError('not_utf8', `${path} is not UTF-8 text, so it is not edited.`)
  }
}

function notFound(path: string): CastellanError {
  return new CastellanError(
    'text_not_found',
    `${path} does not contain that text. Read the file and repeat the text exactly, spaces and line breaks included.`,
  )
}

function ambiguous(path: string, occurrences: number): CastellanError {
  return new CastellanError(
    'text_ambiguous',
    `That text occurs ${occurrences} times in ${path}. Add more of what is around it, or say all: true to replace every one.`,
  )
}
