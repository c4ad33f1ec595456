import { mkdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { CastellanError } from '@castellan/contracts'
import { writePrivateFile } from '../host/files/durable.ts'
import { readRule, splitRules } from './cedar.ts'

/** The file of the policy folder that "allow always" writes into. Owners may edit it like any other. */
export const ALWAYS_FILE = 'always.cedar'

const HEADING = `// Rules that people made by saying "always" to a question. Edit or delete them like any others, then say
// \`agentctl policy reload\`; \`agentctl policy revoke ID\` takes one out.
`

/** What was done to the file, so that it can be taken back. */
export interface Edit {
  undo(): Promise<void>
}

/** Adds a rule, with a line about where it comes from. A crash leaves the file with it or without. */
export async function addRule(folder: string, rule: string, about: string): Promise<Edit> {
  const before = await textOf(folder)
  const comment = `// ${about.replaceAll(/\p{C}|\p{Zl}|\p{Zp}/gu, ' ').slice(0, 300)}\n`
  return write(folder, before, `${before ?? HEADING}\n${comment}${rule.trimEnd()}\n`)
}

/** Takes a rule out, with the comment right before it. Throws `not_found`. */
export async function removeRule(folder: string, id: string): Promise<Edit> {
  const before = (await textOf(folder)) ?? ''
  const rule = splitRules(before).find((piece) => readRule(piece).annotations?.id === id)
  if (rule === undefined) {
    throw new CastellanError(
      'not_found',
      `${ALWAYS_FILE} has no rule ${JSON.stringify(id)}. \`agentctl policy rules\` lists those that can be revoked; others are edited by hand.`,
    )
  }
  const at = before.indexOf(rule)
  const head = before.slice(0, at).replace(/(^|\n)((?:\/\/[^\n]*\n)+)$/, '$1')
  return write(folder, before, `${head.trimEnd()}\n${before.slice(at + rule.length)}`)
}

async function write(folder: string, before: string | undefined, after: string): Promise<Edit> {
  const path = join(folder, ALWAYS_FILE)
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    await writePrivateFile(path, after)
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    throw new CastellanError(
      'read_only',
      `${path} cannot be written (${code ?? 'unknown reason'}), so no rule can be added or revoked there. Change the policy by hand.`,
      { cause },
    )
  }
  return { undo: () => (before === undefined ? rm(path, { force: true }) : writePrivateFile(path, before)) }
}

async function textOf(folder: string): Promise<string | undefined> {
  return readFile(join(folder, ALWAYS_FILE), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
}
