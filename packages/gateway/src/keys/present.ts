import { readdir, stat } from 'node:fs/promises'

/** The first of these paths that is a file with content, or a folder with anything in it. */
export async function firstPresent(paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) {
    const stats = await stat(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined
      throw error
    })
    if (stats === undefined) continue
    if (stats.isDirectory() ? (await readdir(path)).length > 0 : stats.size > 0) return path
  }
  return undefined
}
