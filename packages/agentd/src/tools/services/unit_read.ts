import { z } from 'zod'
import { blankSecrets } from '../../host/secrets.ts'
import { defineTool, readLimits } from '../define.ts'
import { truncatedField, unitField } from '../fields.ts'
import { count, list } from '../words.ts'
import { unitResources } from './acting.ts'

/** Characters of unit text in one answer. Most units have a few hundred. */
const MOST_CHARACTERS = 24_000

export const unitRead = defineTool({
  name: 'unit_read',
  title: 'Read a unit',
  description:
    'How a systemd unit is defined: its file and its drop-ins, as systemd reads them. Values that look like secrets are blanked.',
  input: z.strictObject({
    unit: unitField,
    offset: z
      .int()
      .min(0)
      .max(10_000_000)
      .default(0)
      .describe('Character to begin with: the nextOffset of an earlier answer. Default 0.'),
  }),
  output: z.strictObject({
    unit: z.string(),
    files: z.array(z.strictObject({ path: z.string(), kind: z.enum(['unit', 'drop-in']) })).max(100),
    text: z.string().describe('The files one after another, each after a comment line with its path.'),
    truncated: truncatedField,
    nextOffset: z.int().nullable().describe('Pass this as offset for the rest; null at the end.'),
  }),
  effect: 'read',
  undo: 'none',
  limits: readLimits,
  summary: ({ unit, files, text, truncated }) => {
    if (files.length === 0) return `${unit} has no file: systemd made it itself, or it is masked.`
    const lines = count(text.split('\n').length - 1, 'line')
    return `${unit} is defined in ${list(files.map(({ path }) => path))} (${lines}${truncated ? ', and there is more' : ''}).`
  },
  resources: ({ unit }, host) => unitResources(unit, host, 'read'),
  taints: ({ files }) => (files.length === 0 ? [] : ['untrusted-text']),
  run: async ({ unit, offset }, { host, signal }) => {
    const name = await host.systemd.resolve(unit, signal)
    const files = await host.systemd.files(name, signal)
    const parts = files.map(({ path, text, cut }) => {
      return `# ${path}\n${blankUnitSecrets(text)}${text.endsWith('\n') ? '' : '\n'}${cut ? '# … the file goes on\n' : ''}`
    })
    const whole = parts.join('\n')
    const text = whole.slice(offset, offset + MOST_CHARACTERS)
    const end = offset + text.length
    return {
      unit: name,
      files: files.slice(0, 100).map(({ path, kind }) => ({ path, kind })),
      text,
      truncated: end < whole.length,
      nextOffset: end < whole.length ? end : null,
    }
  },
})

/**
 * Blanks what looks like a secret: credentials set in the unit, environment variables and options by their name. Unit files are
 * readable by everybody on most hosts, but what is in them need not reach a model.
 */
export function blankUnitSecrets(text: string): string {
  return text
    .split('\n')
    .map((line) => {
      const credential = /^(\s*SetCredential(?:Encrypted)?=[^:]*:).+$/.exec(line)
      if (credential !== null) return `${credential[1]}…`
      const assignment = /^(\s*[A-Z][A-Za-z]*=)(.+)$/.exec(line)
      const [, key = '', value = ''] = assignment ?? []
      return assignment === null ? blankWords(line) : `${key}${blankWords(value)}`
    })
    .join('\n')
}

/** Word by word, quotes kept with their word: `"TOKEN=a b"` is one. A flag decides about the word after it. */
function blankWords(text: string): string {
  let before: readonly string[] = []
  return text.replace(/"[^"]*"?|'[^']*'?|[^\s"']+/g, (word) => {
    const quote = /^["']/.exec(word)?.[0] ?? ''
    const bare = quote === '' ? word : word.slice(1, word.length > 1 && word.endsWith(quote) ? -1 : undefined)
    const shown = blankSecrets([...before, bare]).slice(before.length === 0 ? 0 : blankSecrets(before).length + 1)
    before = [bare]
    return shown === bare ? word : `${quote}${shown}${quote}`
  })
}
