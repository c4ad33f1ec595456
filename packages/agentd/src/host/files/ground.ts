import { rmdir } from 'node:fs/promises'
import { isErrno } from './errors.ts'
import { readingOnly, unknownInTrash } from './refusals.ts'
import type { Trash, TrashItem } from './trash.ts'
import type { Place, Walker } from './walk.ts'

/** The place of a path where changes are granted. Throws `read_only` beside what walking throws. */
export async function writable(walker: Walker, path: string, lastLink: 'follow' | 'keep'): Promise<Place> {
  const place = await walker.walk(path, lastLink)
  if (place.access === 'write') return place
  place[Symbol.dispose]()
  throw readingOnly(place)
}

/** Removes folders, innermost first, as long as they are empty; what is gone or used by now is left as it is. */
export async function removeFolders(walker: Walker, folders: readonly string[]): Promise<void> {
  for (const path of folders.toReversed()) {
    using place = await walker.walk(path, 'keep')
    if (place.found === null || place.name === '.') continue
    await rmdir(place.folder.child(place.name)).catch((error: unknown) => {
      if (!isErrno(error, 'ENOTEMPTY', 'EEXIST', 'ENOENT', 'ENOTDIR')) throw error
    })
  }
}

/** What the trash has of a path: what was deleted there last, or else replaced. Throws `trash_unknown`. */
export async function newestInTrash(walker: Walker, trash: Trash, path: string): Promise<TrashItem> {
  using place = await walker.walk(path, 'keep')
  const item = trash.newest(place.path)
  if (item !== undefined) return item
  throw unknownInTrash(place)
}
