import { randomFillSync } from 'node:crypto'
import { constants } from 'node:fs'
import { lstat, open, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'

/** What is Castellan's own in a state folder: keys, what they lock, and what was written under them. */
const ours = [
  ...['token', 'ledger', 'agentd', 'gateway', 'airlock', 'agentctl', 'recovery-codes.txt'],
  // The list of models is signed by a key that goes; the models themselves are nobody's secret.
  ...['models/registry.json', 'models/registry.pub'],
]
/** What of it stays: that agents are frozen, the way back to the system before, and backups, which only the owner opens. */
const stays = ['agentd/emergency', 'agentd/switch', 'agentd/backups']
/** Files up to this size are overwritten before they go, in bytes: every key is smaller. */
const OVERWRITTEN_BYTES = 1024 * 1024

export interface Wiped {
  /** Relative to the state folder, or absolute where they lie apart from it. */
  readonly gone: readonly string[]
  readonly left: readonly { readonly path: string; readonly why: string }[]
}

/**
 * Destroys Castellan's keys and stores in a state folder whose processes are stopped. Keys are overwritten with random
 * bytes first, which on a disk that writes elsewhere (SSD, copy on write) promises nothing; what they encrypt is unreadable
 * without them all the same. Goes on past what cannot be removed, and tells. `apart` are folders that are emptied as well,
 * `keys` files that go with them where they are there.
 */
export async function wipeState(
  stateFolder: string,
  apart: readonly string[] = [],
  keys: readonly string[] = [],
): Promise<Wiped> {
  const gone: string[] = []
  const left: { path: string; why: string }[] = []
  const visit = async (path: string): Promise<void> => {
    if (stays.includes(path)) return
    const whole = join(stateFolder, path)
    const stats = await lstat(whole).catch(() => undefined)
    if (stats === undefined) return
    if (stats.isDirectory() && stays.some((kept) => kept.startsWith(`${path}/`))) {
      for (const name of await readdir(whole)) await visit(join(path, name))
      return
    }
    await remove(path, whole)
  }
  const remove = async (name: string, whole: string): Promise<void> => {
    try {
      await overwrite(whole)
      await rm(whole, { recursive: true, force: true })
      gone.push(name)
    } catch (error) {
      left.push({ path: name, why: (error as Error).message })
    }
  }
  for (const path of ours) await visit(path)
  for (const folder of apart) {
    for (const name of await readdir(folder).catch(() => [])) await remove(join(folder, name), join(folder, name))
  }
  for (const file of keys) if (await lstat(file).catch(() => undefined)) await remove(file, file)
  return { gone, left }
}

/** Every small file below, never through a link. */
async function overwrite(path: string): Promise<void> {
  const stats = await lstat(path)
  if (stats.isDirectory()) {
    for (const name of await readdir(path)) await overwrite(join(path, name))
  } else if (stats.isFile() && stats.size > 0 && stats.size <= OVERWRITTEN_BYTES) {
    await using file = await open(path, constants.O_WRONLY | constants.O_NOFOLLOW)
    await file.write(randomFillSync(Buffer.alloc(stats.size)), 0, stats.size, 0)
    await file.sync()
  }
}
