import { constants } from 'node:fs'
import { type FileHandle, lstat, open, readdir, readlink, realpath } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { CastellanError, type RefusedSkill, type SkillOrigin } from '@castellan/contracts'
import type { Trust } from '../host/files/trust.ts'
import type { Skill } from '../host/skills.ts'
import { decodeSkill, MAX_SKILL_BYTES, parseSkill } from './front-matter.ts'

/** Entries of one folder that are looked at. */
const MOST_SKILLS = 500

/** A folder with skills: `NAME/SKILL.md` each. */
export interface SkillFolder {
  readonly path: string
  readonly origin: SkillOrigin
}

/**
 * The skills in a folder, by name, and what is none with the reason. One bad file keeps nobody from the others; a
 * folder that is not there is such a reason too.
 */
export async function readFolder(
  { path: folder, origin }: SkillFolder,
  trust: Trust,
  signal: AbortSignal,
): Promise<{ readonly skills: Skill[]; readonly refused: RefusedSkill[] }> {
  const skills: Skill[] = []
  const refused: RefusedSkill[] = []
  let root: string
  let names: string[]
  try {
    root = await realpath(folder)
    names = (await readdir(root)).filter((name) => !name.startsWith('.')).sort()
  } catch (error) {
    return { skills, refused: [{ where: folder, reason: `The folder cannot be read (${codeOf(error)}).` }] }
  }
  if (names.length > MOST_SKILLS) {
    refused.push({ where: folder, reason: `It has ${names.length} entries; only the first ${MOST_SKILLS} are read.` })
  }
  for (const name of names.slice(0, MOST_SKILLS)) {
    signal.throwIfAborted()
    const path = join(root, name, 'SKILL.md')
    try {
      const skill = await readSkill(path, root, origin, trust)
      if (skill !== undefined) skills.push(skill)
    } catch (error) {
      const reason = error instanceof CastellanError ? error.message : `It cannot be read (${codeOf(error)}).`
      refused.push({ where: path, reason })
    }
  }
  return { skills, refused }
}

/** Undefined for what does not look like a skill: a file beside the folders, or a folder without SKILL.md. */
async function readSkill(path: string, root: string, origin: SkillOrigin, trust: Trust): Promise<Skill | undefined> {
  // Not blocking: a FIFO would otherwise keep whoever opens it for ever.
  const opened = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch((error: unknown) => {
    if (['ENOENT', 'ENOTDIR'].includes(codeOf(error))) return undefined
    throw error
  })
  if (opened === undefined) return undefined
  await using file = opened
  // Where the opened file really lies, whatever links led there and whoever swaps them meanwhile.
  const real = await readlink(`/proc/self/fd/${file.fd}`)
  if (!real.startsWith(`${root}/`)) {
    throw new CastellanError('path_outside_roots', `It leads out of the folder, to ${real}. Copy it into the folder.`)
  }
  const stats = await file.stat()
  if (!stats.isFile()) throw new CastellanError('not_a_file', 'It is not a regular file.')
  const text = decodeSkill(await readWhole(file, stats.size))
  const parsed = parseSkill(text)
  const folderName = basename(dirname(path))
  if (parsed.name !== folderName) {
    throw new CastellanError(
      'invalid_arguments',
      `It calls itself ${parsed.name} and lies in the folder ${folderName}; the two have to be the same.`,
    )
  }
  // What Castellan brings is as good as its programs beside it.
  const untrusted = origin !== 'shipped' && (await strangersWrite(real, root, trust))
  return { ...parsed, origin, path: real, text, untrusted }
}

async function readWhole(file: FileHandle, sizeBytes: number): Promise<Uint8Array> {
  const tooLarge = () =>
    new CastellanError(
      'too_large',
      `It has more than ${MAX_SKILL_BYTES / 1024} KiB. A skill is short: move what is rarely needed into a file of its own.`,
    )
  if (sizeBytes > MAX_SKILL_BYTES) throw tooLarge()
  // One byte more than there may be: a file that grew meanwhile is noticed.
  const buffer = Buffer.alloc(MAX_SKILL_BYTES + 1)
  let bytes = 0
  while (bytes < buffer.length) {
    const { bytesRead } = await file.read(buffer, bytes, buffer.length - bytes, bytes)
    if (bytesRead === 0) return buffer.subarray(0, bytes)
    bytes += bytesRead
  }
  throw tooLarge()
}

/** Whether somebody else than root and the owner may write the file, or put another one in its place. */
async function strangersWrite(path: string, root: string, trust: Trust): Promise<boolean> {
  for (let at = path; at.length >= root.length; at = dirname(at)) {
    if (trust.untrusted(await lstat(at, { bigint: true }), at)) return true
  }
  return false
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? 'unknown'
}
