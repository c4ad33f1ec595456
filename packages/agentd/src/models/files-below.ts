import { readdir } from 'node:fs/promises'
import { join, relative } from 'node:path'

/** Paths of everything below a folder that is no folder, sorted, with `/`. */
export async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort()
}
