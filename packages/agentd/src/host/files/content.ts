import { constants } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { CastellanError } from '@castellan/contracts'
import { quotePath } from './path.ts'
import { tooLargeToEdit } from './refusals.ts'
import type { Place } from './walk.ts'

/** Largest file that is changed in memory (edit, append), in bytes. */
const MAX_EDIT_BYTES = 16 * 1024 * 1024

const CHUNK_BYTES = 256 * 1024

/**
 * Opens the regular file at a place for reading: the very file that was found, not whatever has its name by now.
 * Throws `not_found`, `not_a_file`, and `path_outside_roots` for a hard link that may lead out.
 */
export async function openContent(place: Place): Promise<FileHandle> {
  const { descriptor, stats } = place.existing
  if (!stats.isFile()) throw notAFile(place)
  await refuseForeignLink(place)
  const file = await descriptor.open(constants.O_RDONLY)
  const opened = await file.stat({ bigint: true })
  if (opened.dev === stats.dev && opened.ino === stats.ino) return file
  await file.close()
  throw new CastellanError('conflict', `${quotePath(place.path)} changed while it was opened. Try again.`)
}

/** The bytes of an open file from its beginning, in chunks. */
export async function* chunksOf(file: FileHandle): AsyncGenerator<Uint8Array> {
  for (let position = 0; ; ) {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(CHUNK_BYTES), 0, CHUNK_BYTES, position)
    if (bytesRead === 0) return
    position += bytesRead
    yield buffer.subarray(0, bytesRead)
  }
}

/** Up to `limit` bytes from `offset`; fewer only at the end of the file. */
export async function bytesOf(file: FileHandle, offset: number, limit: number): Promise<Buffer> {
  const bytes = Buffer.alloc(limit)
  let filled = 0
  while (filled < limit) {
    const { bytesRead } = await file.read(bytes, filled, limit - filled, offset + filled)
    if (bytesRead === 0) break
    filled += bytesRead
  }
  return bytes.subarray(0, filled)
}

export function notAFile(place: Place): CastellanError {
  const stats = place.existing.stats
  const what = stats.isDirectory()
    ? 'a folder'
    : stats.isFIFO()
      ? 'a FIFO'
      : stats.isSocket()
        ? 'a socket'
        : stats.isSymbolicLink()
          ? 'a symbolic link'
          : 'a device'
  const hint = stats.isDirectory()
    ? ' directory_list shows what is in it.'
    : ' Only regular files have content to work with.'
  return new CastellanError('not_a_file', `${quotePath(place.path)} is ${what}, not a file.${hint}`)
}

/**
 * A file with several names may have one outside the grants, so reading it through a name inside could read what was
 * never granted. It is safe where nobody but the file's own owner (and root) can have made this name: the folder
 * belongs to that owner and nobody else may write in it.
 */
export async function refuseForeignLink(place: Place): Promise<void> {
  const file = place.existing.stats
  if (file.nlink <= 1n) return
  const folder = await place.folder.stat()
  if (folder.uid === file.uid && (folder.mode & 0o022n) === 0n) return
  throw new CastellanError(
    'path_outside_roots',
    `${quotePath(place.path)} has ${file.nlink} names (hard links), and others than its owner can write in its folder, so it may ` +
      'be a file from outside the granted folders. Copy it to have a file of its own.',
  )
}

/** All of a file that is small enough to be changed in memory. Throws `too_large`. */
export async function wholeContent(place: Place): Promise<Buffer> {
  const size = Number(place.existing.stats.size)
  if (place.existing.stats.isFile() && size > MAX_EDIT_BYTES) throw tooLargeToEdit(place, MAX_EDIT_BYTES)
  await using file = await openContent(place)
  return await bytesOf(file, 0, size)
}
