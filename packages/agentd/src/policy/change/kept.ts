import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { PolicyVersions } from '@castellan/contracts'
import { writePrivateFile } from '../../host/files/durable.ts'

/** In the policy folder: files as they were before they were changed from afar, `NAME@TIME`. Rules are not read from there. */
export const KEPT_FOLDER = '.before'
/** Of each file. */
const MAX_KEPT = 20

/** Keeps what a file says before it is replaced; on disk when it returns. */
export async function keep(folder: string, name: string, text: string, now = new Date()): Promise<void> {
  const kept = join(folder, KEPT_FOLDER)
  await mkdir(kept, { recursive: true, mode: 0o700 })
  // Colons are no part of names on every file system that a folder may be copied to.
  await writePrivateFile(join(kept, `${name}@${now.toISOString().replaceAll(':', '-')}`), text)
  const old = (await namesOf(kept, name)).slice(MAX_KEPT)
  for (const one of old) await rm(join(kept, one), { force: true })
}

/** What is kept of a file, newest first. */
export async function keptOf(folder: string, name: string): Promise<PolicyVersions['versions']> {
  const kept = join(folder, KEPT_FOLDER)
  const names = (await namesOf(kept, name)).slice(0, MAX_KEPT)
  return Promise.all(
    names.map(async (one) => {
      const text = await readFile(join(kept, one), 'utf8')
      return { replaced_at: timeIn(one), text, sha256: sha256(text) }
    }),
  )
}

async function namesOf(kept: string, name: string): Promise<string[]> {
  const names = await readdir(kept).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
  return names.filter((one) => one.startsWith(`${name}@`) && TIME.test(one)).toSorted((a, b) => (a < b ? 1 : -1))
}

const TIME = /@(\d{4}-\d{2}-\d{2}T)(\d{2})-(\d{2})-(\d{2}\.\d{3}Z)$/

function timeIn(name: string): string {
  return name.replace(/^.*@/, '@').replace(TIME, '$1$2:$3:$4')
}

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
