import { randomBytes } from 'node:crypto'
import { access, mkdir, open, readdir, rename, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** Names of files in the making; what a crash leaves of them is removed at the next open. */
export const TEMP_PREFIX = '.new-'

export interface FileToWrite {
  readonly path: string
  readonly bytes: Uint8Array | string
  readonly mode?: number
}

/** Makes a file's appearance durable: temp beside it, fsync, rename, fsync of the folder. */
export async function writeFileDurably(path: string, bytes: Uint8Array | string, mode = 0o600): Promise<void> {
  await writeFilesDurably([{ path, bytes, mode }])
}

/** The same for several files; each folder is synced once, after all renames. */
export async function writeFilesDurably(files: readonly FileToWrite[]): Promise<void> {
  const folders = new Set<string>()
  for (const { path, bytes, mode } of files) {
    const folder = dirname(path)
    if (!folders.has(folder)) await makeFolder(folder)
    folders.add(folder)
    const temp = join(folder, `${TEMP_PREFIX}${randomBytes(8).toString('hex')}`)
    const handle = await open(temp, 'wx', mode ?? 0o600)
    try {
      await handle.writeFile(bytes)
      await handle.sync()
    } catch (error) {
      await handle.close()
      await unlink(temp).catch(() => undefined)
      throw error
    }
    await handle.close()
    await rename(temp, path)
  }
  for (const folder of folders) await syncFolder(folder)
}

/** Makes a folder (0700) whose own appearance is durable. */
export async function makeFolder(path: string): Promise<void> {
  const made = await mkdir(path, { recursive: true, mode: 0o700 })
  if (made === undefined) return
  for (let folder = path; folder.length >= made.length; folder = dirname(folder)) await syncFolder(dirname(folder))
}

export async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Files below `root` as paths relative to it, in no particular order; empty where `root` does not exist. */
export async function listFiles(root: string): Promise<string[]> {
  try {
    const entries = await readdir(root, { recursive: true, withFileTypes: true })
    return entries
      .filter((entry) => !entry.isDirectory())
      .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

export async function removeLeftovers(root: string): Promise<void> {
  for (const file of await listFiles(root)) {
    if (file.slice(file.lastIndexOf('/') + 1).startsWith(TEMP_PREFIX)) await unlink(join(root, file))
  }
}

export function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
