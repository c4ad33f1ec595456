import { CastellanError, describeIssues, SkillName } from '@castellan/contracts'
import { z } from 'zod'
import { yaml } from './yaml.ts'

/** Largest SKILL.md in bytes: one answer of skill_read holds it. */
export const MAX_SKILL_BYTES = 64 * 1024
/** Largest front matter in bytes. */
const MAX_FRONT_BYTES = 8 * 1024

const oneLine = (most: number) =>
  z
    .string()
    .transform((text) => text.replace(/\s+/g, ' ').trim())
    .pipe(z.string().min(1).max(most))

/** Fields of the SKILL.md convention (agentskills.io) that mean something here; others are left to other programs. */
const FrontMatter = z.looseObject({
  name: SkillName,
  description: oneLine(1024),
  /** Words apart by blanks or commas, or a list. */
  'allowed-tools': z.union([z.string().max(4096), z.array(z.string().max(256)).max(256)]).optional(),
})

export interface ParsedSkill {
  readonly name: string
  readonly description: string
  readonly tools: readonly string[]
}

/** UTF-8 text without control characters, or `not_utf8`: what cannot be shown to a person is no instruction. */
export function decodeSkill(bytes: Uint8Array): string {
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new CastellanError('not_utf8', 'It is not UTF-8 text. Save it as UTF-8.')
  }
  if (/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/.test(text)) {
    throw new CastellanError(
      'not_utf8',
      'It has control characters, which hide what a text says from whoever reads it. Take them out.',
    )
  }
  return text
}

/** What a SKILL.md says of itself. Throws `invalid_arguments` with the reason in a sentence. */
export function parseSkill(text: string): ParsedSkill {
  const match = /^---[ \t]*\r?\n([\s\S]*?)^---[ \t]*(?:\r?\n|$)/m.exec(text)
  if (match?.index !== 0)
    throw refused('It does not begin with front matter: a line ---, name and description, and ---.')
  const [whole, front = ''] = match
  if (Buffer.byteLength(front) > MAX_FRONT_BYTES)
    throw refused(`Its front matter has more than ${MAX_FRONT_BYTES} bytes.`)
  if (text.slice(whole.length).trim() === '') throw refused('It says nothing after its front matter.')
  const parsed = FrontMatter.safeParse(readYaml(front))
  if (!parsed.success) throw refused(`Its front matter does not fit: ${describeIssues(parsed.error)}.`)
  const { name, description, 'allowed-tools': allowed = [] } = parsed.data
  const tools = typeof allowed === 'string' ? allowed.split(/[\s,]+/) : allowed
  return { name, description, tools: [...new Set(tools.map((tool) => tool.trim()).filter(Boolean))] }
}

/** Aliases are refused: a few lines of them grow to gigabytes, and no front matter needs any. */
function readYaml(front: string): unknown {
  try {
    const document = yaml().parseDocument(front, { prettyErrors: false, logLevel: 'error', uniqueKeys: true })
    const [error] = document.errors
    if (error !== undefined) throw error
    return document.toJS({ maxAliasCount: 0 })
  } catch (error) {
    const why = error instanceof Error ? (error.message.split('\n')[0] ?? '') : ''
    throw refused(`Its front matter is not YAML: ${why.slice(0, 200)}`)
  }
}

function refused(reason: string): CastellanError {
  return new CastellanError('invalid_arguments', reason)
}
