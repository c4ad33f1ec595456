import { lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'

/** Files of one journal that are counted. */
const MOST_FILES = 10_000

/** Bytes on disk of the files directly in a journal's folder: archived and active ones. */
export async function journalSizeBytes(folder: string, signal: AbortSignal): Promise<number> {
  let bytes = 0
  for (const name of (await readdir(folder)).slice(0, MOST_FILES)) {
    signal.throwIfAborted()
    // Rotated away meanwhile: it takes nothing any more.
    const stats = await lstat(join(folder, name)).catch(() => null)
    if (stats?.isFile()) bytes += stats.blocks * 512
  }
  return bytes
}
