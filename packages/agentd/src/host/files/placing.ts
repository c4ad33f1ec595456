import { randomBytes } from 'node:crypto'
import { chown, link, lstat, mkdir, rename, symlink, unlink, utimes } from 'node:fs/promises'
import { CastellanError } from '@castellan/contracts'
import { Descriptor } from './descriptor.ts'
import { isErrno } from './errors.ts'
import { joinPath, quotePath, splitPath } from './path.ts'
import type { FileSnapshot, LinkSnapshot } from './snapshot.ts'
import type { Place } from './walk.ts'

const SETGID = 0o2000n

/**
 * Puts a file at a place, whole or not at all: `draft`, a name in the same folder, gets content, owner, mode and time, is synced,
 * and takes the name in one step. Durable when it returns. Throws `already_exists` where something took a free name first.
 */
export async function placeFile(
  place: Place,
  draft: string,
  file: FileSnapshot,
  content: AsyncIterable<Uint8Array>,
): Promise<void> {
  await inFolder(place, (folder) =>
    withDraft(folder, place, draft, async () => {
      await using handle = await folder.createFile(draft)
      for await (const chunk of content) await handle.writeFile(chunk)
      const created = await handle.stat()
      if (created.uid !== file.uid || created.gid !== file.gid) await handle.chown(file.uid, file.gid)
      await handle.chmod(file.mode)
      const seconds = secondsOf(file.modifiedNs)
      await handle.utimes(seconds, seconds)
      await handle.sync()
    }),
  )
}

/** Puts a symbolic link at a place, in the same way. */
export async function placeLink(place: Place, draft: string, snapshot: LinkSnapshot): Promise<void> {
  await inFolder(place, (folder) =>
    withDraft(folder, place, draft, async () => {
      await symlink(snapshot.target, folder.child(draft))
      using created = await Descriptor.place(folder.child(draft))
      const stats = await created.stat()
      if (!stats.isSymbolicLink()) throw takenMeanwhile(place)
      // Through the descriptor: whoever may write in this folder could have put something else under the draft's name.
      if (Number(stats.uid) !== snapshot.uid || Number(stats.gid) !== snapshot.gid) {
        await chown(created.self, snapshot.uid, snapshot.gid)
      }
      const seconds = secondsOf(snapshot.modifiedNs)
      await utimes(created.self, seconds, seconds)
    }),
  )
}

/**
 * Removes the entry that was found at a place. It is renamed first and looked at again under a name nobody else uses, so
 * that something swapped in at the last moment is put back instead of lost.
 */
export async function removeEntry(place: Place, draft: string): Promise<void> {
  const { stats } = place.existing
  const name = place.folder.child(place.name)
  const aside = place.folder.child(draft)
  await rename(name, aside)
  const moved = await lstat(aside, { bigint: true })
  if (moved.dev !== stats.dev || moved.ino !== stats.ino || moved.mtimeNs !== stats.mtimeNs) {
    if (moved.isDirectory()) await rename(aside, name)
    else await link(aside, name).then(() => unlink(aside))
    throw new CastellanError(
      'conflict',
      `Another program replaced ${quotePath(place.path)} just now, so it was left alone. Try again.`,
    )
  }
  await unlink(aside)
  await place.folder.sync()
}

/** Makes the folders that are missing, then works in the innermost. */
export async function inFolder<T>(place: Place, work: (folder: Descriptor) => Promise<T>): Promise<T> {
  const made: Descriptor[] = []
  try {
    let folder = place.folder
    for (const name of place.missing) {
      const { mode } = await folder.stat()
      // As open as the folder around it, never writable by others than its owner.
      await mkdir(folder.child(name), Number(mode & 0o755n))
      const inner = await Descriptor.place(folder.child(name), 'directory')
      made.push(inner)
      await folder.sync()
      folder = inner
    }
    const result = await work(folder)
    await folder.sync()
    return result
  } finally {
    for (const descriptor of made) descriptor[Symbol.dispose]()
  }
}

async function withDraft(folder: Descriptor, place: Place, draft: string, fill: () => Promise<void>): Promise<void> {
  try {
    await fill()
    if (place.found !== null) await rename(folder.child(draft), folder.child(place.name))
    else await takeFreeName(folder, draft, place)
  } catch (error) {
    await unlink(folder.child(draft)).catch(() => {})
    throw error
  }
}

/** rename(2) would replace what appeared meanwhile; link(2) refuses. */
async function takeFreeName(folder: Descriptor, draft: string, place: Place): Promise<void> {
  try {
    await link(folder.child(draft), folder.child(place.name))
  } catch (error) {
    if (!isErrno(error, 'EEXIST')) throw error
    throw takenMeanwhile(place)
  }
  await unlink(folder.child(draft))
}

export function takenMeanwhile(place: Place): CastellanError {
  return new CastellanError(
    'already_exists',
    `Another program created ${quotePath(place.path)} just now. Look at it, then try again.`,
  )
}

/** A name for the step between: 72 random bits, so nobody else has it. */
export function draftName(): string {
  return `.castellan-${randomBytes(9).toString('hex')}.draft`
}

/** Node hands times over as a double of seconds, good to a quarter of a microsecond: aim inside the right one. */
function secondsOf(nanoseconds: string): number {
  return (Number(BigInt(nanoseconds) / 1000n) + 0.3) / 1e6
}

/** A new file is as readable as its folder, and writable by its owner alone. */
export async function ownershipIn(place: Place): Promise<{ mode: number; uid: number; gid: number }> {
  const folder = await place.folder.stat()
  const inherits = (folder.mode & SETGID) !== 0n
  const [uid, gid] = [process.geteuid?.() ?? 0, process.getegid?.() ?? 0]
  return { mode: Number(folder.mode & 0o644n), uid, gid: inherits ? Number(folder.gid) : gid }
}

/** Absolute paths of the folders that have to be made for a place, outermost first. */
export function missingFolders(place: Place): string[] {
  const components = splitPath(place.path)
  const first = components.length - 1 - place.missing.length
  return place.missing.map((_, index) => joinPath(components.slice(0, first + index + 1)))
}
