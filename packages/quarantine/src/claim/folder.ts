import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { chmod, mkdir, open, opendir } from 'node:fs/promises'
import { join } from 'node:path'
import { canonicalJson } from '@castellan/contracts'
import { ClaimError } from './error.ts'
import { type ClaimOptions, claimFile, openSource } from './snapshot.ts'

export interface ClaimedFile {
  /** Path within the folder, with `/`. */
  readonly name: string
  readonly bytes: number
  readonly sha256: string
}

const MOST_FILES = 2000
const MOST_DEPTH = 6
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$/
/** What a folder of weights consists of: weights, configuration, vocabularies, words about them. Nothing that runs. */
const TAKEN = /\.(safetensors|json|txt|md)$|^(LICENSE|NOTICE|README)$/

/**
 * Takes in a folder as model hubs lay them out: each file as {@link claimFile} does, nothing by a link, nothing hidden, nothing
 * of another kind. `path` may be the kernel's path of an open folder. Throws `ClaimError`.
 */
export async function claimFolder(path: string, to: string, options: ClaimOptions): Promise<ClaimedFile[]> {
  const files: ClaimedFile[] = []
  await claimInto(path, to, '', { ...options, files, depth: 0 })
  if (files.length === 0) throw new ClaimError('not_a_file', 'The folder is empty.')
  return files.sort((left, right) => (left.name < right.name ? -1 : 1))
}

/** Names the folder as a whole: SHA-256 over the canonical JSON of its files' names and digests, in the order of their names. */
export function folderDigest(files: readonly Pick<ClaimedFile, 'name' | 'sha256'>[]): string {
  const listed = files
    .map(({ name, sha256 }) => ({ name, sha256 }))
    .sort((left, right) => (left.name < right.name ? -1 : 1))
  return createHash('sha256')
    .update(`castellan model folder v1\n${canonicalJson(listed)}`)
    .digest('hex')
}

interface Walk extends ClaimOptions {
  readonly files: ClaimedFile[]
  readonly depth: number
}

async function claimInto(path: string, to: string, prefix: string, walk: Walk): Promise<void> {
  if (walk.depth > MOST_DEPTH) throw new ClaimError('too_many', `Folders lie deeper in each other than ${MOST_DEPTH}.`)
  // Held open: whatever the name leads to later, this is the folder that is read.
  await using folder = await open(
    path,
    constants.O_RDONLY | constants.O_DIRECTORY | (prefix === '' ? 0 : constants.O_NOFOLLOW),
  )
  const held = `/proc/self/fd/${folder.fd}`
  await mkdir(to, { mode: 0o755 })
  await chmod(to, 0o755)
  for await (const entry of await opendir(held)) {
    walk.signal.throwIfAborted()
    const name = `${prefix}${entry.name}`
    if (entry.name.startsWith('.'))
      throw new ClaimError('hidden', `${JSON.stringify(name)} is hidden. Leave hidden files out.`)
    if (!NAME.test(entry.name))
      throw new ClaimError('bad_name', `${JSON.stringify(name.slice(0, 200))} is no plain name.`)
    if (entry.isDirectory()) {
      await claimInto(join(held, entry.name), join(to, entry.name), `${name}/`, { ...walk, depth: walk.depth + 1 })
      continue
    }
    await claimEntry(join(held, entry.name), join(to, entry.name), name, walk)
  }
}

async function claimEntry(path: string, to: string, name: string, walk: Walk): Promise<void> {
  if (walk.files.length >= MOST_FILES) throw new ClaimError('too_many', `The folder has more than ${MOST_FILES} files.`)
  if (!TAKEN.test(name.slice(name.lastIndexOf('/') + 1))) {
    throw new ClaimError(
      'foreign_file',
      `${JSON.stringify(name)} is of no kind that a folder of weights has (safetensors, json, txt, md).`,
    )
  }
  await using file = await openSource(path).catch((error: unknown) => {
    if (error instanceof ClaimError) throw new ClaimError(error.code, `${JSON.stringify(name)} is no regular file.`)
    throw error
  })
  const taken = walk.files.reduce((sum, { bytes }) => sum + bytes, 0)
  const snapshot = await claimFile(file, to, {
    ...walk,
    maxBytes: walk.maxBytes - taken,
    progress: (bytes) => walk.progress?.(taken + bytes),
  })
  walk.files.push({ name, ...snapshot })
}
