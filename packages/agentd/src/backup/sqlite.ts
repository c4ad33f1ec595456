import { fstatSync, readdirSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import { CastellanError } from '@castellan/contracts'
import type { Place } from '../host/files/walk.ts'

/** What a database file begins with (sqlite.org/fileformat2.html, 1.2). */
const MAGIC = Buffer.from('SQLite format 3\0')

export function isSqlite(firstBytes: Uint8Array): boolean {
  return MAGIC.equals(firstBytes.subarray(0, MAGIC.length))
}

/** The files that SQLite keeps beside a database; what is in them is in the copy that it makes. */
export const companions = ['-wal', '-shm', '-journal'] as const

/**
 * Copies the database at a place through SQLite's backup API: one consistent state, also while it is written. SQLite opens
 * files by name, so it is checked that what it opened is the file that was found, before anything is read from it.
 */
export async function copyDatabase(place: Place, copy: string, signal: AbortSignal): Promise<void> {
  const { stats } = place.existing
  const before = openFilesOf(stats)
  await withWorker({ task: 'copy', path: place.folder.child(place.name), copy }, signal, (worker, message) => {
    if ('opened' in message) {
      const opened = openFilesOf(stats).some((fd) => !before.includes(fd))
      if (!opened) throw new CastellanError('conflict', 'The database was replaced by another file just now.')
      worker.postMessage('go on')
    }
    return 'copied' in message
  })
}

/** Whether a database is whole, as PRAGMA integrity_check sees it. */
async function isSound(path: string, signal: AbortSignal): Promise<boolean> {
  let verdict = ''
  await withWorker({ task: 'check', path, copy: '' }, signal, (_, message) => {
    if ('integrity' in message) verdict = message.integrity
    return 'integrity' in message
  })
  return verdict === 'ok'
}

/** Throws `backup_damaged` where one of these databases is not whole. */
export async function ensureSound(databases: readonly string[], signal: AbortSignal): Promise<void> {
  for (const path of databases) {
    if (await isSound(path, signal)) continue
    throw new CastellanError('backup_damaged', 'A database in it is damaged: PRAGMA integrity_check does not pass.')
  }
}

type Message = { readonly opened: true } | { readonly copied: true } | { readonly integrity: string }

function withWorker(
  workerData: { task: 'copy' | 'check'; path: string; copy: string },
  signal: AbortSignal,
  onMessage: (worker: Worker, message: Message) => boolean,
): Promise<void> {
  signal.throwIfAborted()
  const worker = new Worker(new URL('./sqlite-worker.ts', import.meta.url), { workerData })
  return new Promise<void>((resolve, reject) => {
    const stop = () => reject(signal.reason as Error)
    signal.addEventListener('abort', stop, { once: true })
    worker.on('message', (message: Message) => {
      try {
        if (onMessage(worker, message)) resolve()
      } catch (error) {
        reject(error)
      }
    })
    worker.once('error', reject)
    worker.once('exit', () => reject(new Error('the database thread ended without an answer')))
  }).finally(() => worker.terminate())
}

/** The descriptors of this process that are this file, held places aside: those read nothing. */
function openFilesOf({ dev, ino }: { readonly dev: bigint; readonly ino: bigint }): number[] {
  return readdirSync('/proc/self/fd')
    .map(Number)
    .filter((fd) => {
      try {
        const stats = fstatSync(fd, { bigint: true })
        return stats.dev === dev && stats.ino === ino
      } catch {
        return false
      }
    })
}
