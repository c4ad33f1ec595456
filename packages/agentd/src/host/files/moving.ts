import { lstat, mkdir, rename, rmdir, unlink } from 'node:fs/promises'
import type { Descriptor } from './descriptor.ts'
import { isErrno } from './errors.ts'
import { inFolder, takenMeanwhile } from './placing.ts'
import { apart, inUse } from './refusals.ts'
import type { Place } from './walk.ts'

/**
 * Gives what is at `source` the free name of `target`, in one step and never in place of something else: rename(2) would
 * replace what appeared there meanwhile, so the name is claimed first, by an empty file or folder of our own. Only what
 * was found at `source` stays moved: anything swapped in at the last moment goes back. Durable when it returns.
 */
export async function moveEntry(source: Place, target: Place): Promise<void> {
  const { stats } = source.existing
  const oldName = source.folder.child(source.name)
  await inFolder(target, async (folder) => {
    const newName = folder.child(target.name)
    await claim(folder, target, stats.isDirectory())
    try {
      await rename(oldName, newName)
    } catch (error) {
      await release(newName, stats.isDirectory())
      throw isErrno(error, 'EXDEV') ? apart(source, target) : error
    }
    const moved = await lstat(newName, { bigint: true })
    if (moved.dev === stats.dev && moved.ino === stats.ino) return
    await rename(newName, oldName)
    throw inUse(source)
  })
  await source.folder.sync()
}

async function claim(folder: Descriptor, target: Place, directory: boolean): Promise<void> {
  try {
    if (directory) await mkdir(folder.child(target.name), 0o700)
    else await (await folder.createFile(target.name)).close()
  } catch (error) {
    throw isErrno(error, 'EEXIST') ? takenMeanwhile(target) : error
  }
}

async function release(name: string, directory: boolean): Promise<void> {
  await (directory ? rmdir(name) : unlink(name)).catch(() => undefined)
}
