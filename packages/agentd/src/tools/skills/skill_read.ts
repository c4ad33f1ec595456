import { SkillOrigin } from '@castellan/contracts'
import { z } from 'zod'
import { defineTool, readLimits } from '../define.ts'
import { truncatedField } from '../fields.ts'
import { oneLine } from '../words.ts'
import { labelsOf, nameField, skillResources } from './fields.ts'

const limits = { ...readLimits, outputBytes: 128 * 1024 }
/** Room for everything but the content. */
const RESERVE_BYTES = 4096

export const skillRead = defineTool({
  name: 'skill_read',
  title: 'Read a skill',
  description:
    'The whole text of a skill: when to use it, its steps with tools and arguments, how to judge what comes back, when to stop. It permits nothing: each call is decided as ever.',
  input: z.strictObject({
    name: nameField,
    offset: z
      .int()
      .min(0)
      .default(0)
      .describe('First character, counted from 0; the nextOffset of an earlier answer goes on. Default 0.'),
  }),
  output: z.strictObject({
    name: z.string(),
    description: z.string(),
    origin: SkillOrigin,
    content: z.string(),
    characters: z.int().describe('Length of the whole text.'),
    untrusted: z
      .boolean()
      .describe('Whether somebody else than root and the owner of this server may have written it.'),
    truncated: truncatedField,
    nextOffset: z.int().nullable().describe('Offset of the characters after these; null at the end.'),
  }),
  effect: 'read',
  undo: 'none',
  limits,
  resources: async ({ name }, host) => skillResources(await host.skills.find(name, AbortSignal.timeout(5000))),
  taints: (output) => labelsOf([output]),
  summary: ({ name, description, nextOffset }) =>
    `${name}: ${oneLine(description, 200)}${nextOffset === null ? '' : ` (goes on at ${nextOffset})`}`,
  run: async ({ name, offset }, { host, signal }) => {
    const { description, origin, text, untrusted } = await host.skills.find(name, signal)
    const content = slice(text, offset, limits.outputBytes - RESERVE_BYTES)
    const end = Math.min(offset, text.length) + content.length
    return {
      name,
      description,
      origin,
      content,
      characters: text.length,
      untrusted,
      truncated: end < text.length,
      nextOffset: end < text.length ? end : null,
    }
  },
})

/** As much from `offset` on as takes at most `mostBytes` as JSON. Characters beyond 16 bits are not cut apart. */
export function slice(text: string, offset: number, mostBytes: number): string {
  let end = offset
  let bytes = 2
  for (const character of text.slice(offset)) {
    bytes += Buffer.byteLength(JSON.stringify(character)) - 2
    if (bytes > mostBytes) break
    end += character.length
  }
  return text.slice(offset, end)
}
