import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { writeFileDurably } from '../store/files.ts'

const PENDING_FILE = 'erasing'

/**
 * An erasure is an entry first and a deed second. This note, in the key folder, lets the next start finish the deed if
 * the process dies between the two; `from` is where the entry will be at the earliest.
 */
const Pending = z.strictObject({ from: z.int().min(0), first: z.int().min(0), last: z.int().min(0) })
export type Pending = z.infer<typeof Pending>

export async function notePending(keyDir: string, pending: Pending): Promise<void> {
  await writeFileDurably(join(keyDir, PENDING_FILE), `${JSON.stringify(pending)}\n`)
}

export async function clearPending(keyDir: string): Promise<void> {
  await rm(join(keyDir, PENDING_FILE), { force: true })
}

/** The erasure that a crash left unfinished, null where there is none. */
export async function readPending(keyDir: string): Promise<Pending | null> {
  const text = await readFile(join(keyDir, PENDING_FILE), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw error
  })
  return text === null ? null : Pending.parse(JSON.parse(text))
}
