import { constants } from 'node:fs'
import { open, rename, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Makes what was created, renamed or removed in a folder survive a power cut. */
export async function syncFolder(path: string): Promise<void> {
  await using folder = await open(path, constants.O_RDONLY | constants.O_DIRECTORY)
  await folder.sync()
}

/** Writes a small private file (0600) whole or not at all; on disk when it returns. For folders that only we write to. */
export async function writePrivateFile(path: string, content: string | Uint8Array): Promise<void> {
  const draft = `${path}.new`
  await writeFile(draft, content, { mode: 0o600, flush: true })
  await rename(draft, path)
  await syncFolder(dirname(path))
}
