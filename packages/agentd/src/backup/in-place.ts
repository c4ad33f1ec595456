import { createHash } from 'node:crypto'
import { chmod, chown, link, mkdir, rename, unlink, utimes } from 'node:fs/promises'
import { CastellanError } from '@castellan/contracts'
import { fileError, isErrno } from '../host/files/errors.ts'
import type { Files } from '../host/files/files.ts'
import { writable } from '../host/files/ground.ts'
import { draftName, inFolder, placeFile, placeLink } from '../host/files/placing.ts'
import type { Place } from '../host/files/walk.ts'
import type { Entry, FileEntry, Piece } from './archive.ts'
import { damaged } from './container.ts'
import { companions } from './sqlite.ts'
import { wanted } from './unpack.ts'

const ZEROS = Buffer.alloc(64 * 1024)

export interface InPlace {
  readonly files: Files
  readonly only?: readonly string[] | undefined
  readonly signal: AbortSignal
  readonly onBytes: (bytes: number) => void
  /** Told what could not be put back, and why; the rest goes on. */
  readonly onFailed: (path: string, why: string) => void
}

export interface PutBack {
  readonly files: number
  readonly entries: number
  readonly restoredBytes: number
}

/**
 * Puts everything back where it was, each file whole or not at all, through the same walk as any file tool: only where
 * writing is granted, never through a link. What is there and not in the backup stays. Stopped half way, what was put
 * back until then stays too.
 */
export async function putInPlace(pieces: AsyncIterable<Piece>, inPlace: InPlace): Promise<PutBack> {
  const stream = pieces[Symbol.asyncIterator]()
  const folders: Extract<Entry, { kind: 'directory' }>[] = []
  let [files, entries, restoredBytes] = [0, 0, 0]
  for (;;) {
    const { value: piece, done } = await stream.next()
    if (done === true) break
    inPlace.signal.throwIfAborted()
    // What follows an entry that is passed over is its content.
    if (piece.type !== 'E') continue
    const { entry } = piece
    if (!wanted(entry.path, inPlace.only)) continue
    try {
      if (entry.kind === 'file') {
        restoredBytes += await putFile(entry, stream, inPlace)
        files += 1
      } else if (entry.kind === 'directory') {
        if (await putFolder(entry, inPlace.files)) folders.push(entry)
      } else await putLink(entry, inPlace.files)
      entries += 1
    } catch (error) {
      const known = fileError(error, entry.path)
      if (!(known instanceof CastellanError) || known.code === 'backup_damaged' || inPlace.signal.aborted) throw known
      if (known.code === 'disk_full') throw known
      inPlace.onFailed(entry.path, known.message)
    }
  }
  for (const folder of folders.toReversed()) await giveBackFolder(folder, inPlace).catch(() => undefined)
  return { files, entries, restoredBytes }
}

async function putFile(entry: FileEntry, stream: AsyncIterator<Piece>, { files, onBytes }: InPlace): Promise<number> {
  let sizeBytes = 0
  const content = contentOf(stream, (bytes) => {
    sizeBytes += bytes
    onBytes(bytes)
  })
  using place = await writable(files.walker, entry.path, 'keep')
  if (place.found?.stats.isDirectory()) throw Object.assign(new Error('a folder'), { code: 'EISDIR' })
  const { kind, path: _, sqlite, ...ownership } = entry
  await placeFile(place, draftName(), { kind, ...ownership, sizeBytes: 0, digest: '' }, content)
  if (sqlite) await removeCompanions(place)
  return sizeBytes
}

/** What SQLite kept beside the database that was there belongs to that one, and would damage this one. */
async function removeCompanions(place: Place): Promise<void> {
  for (const suffix of companions) {
    await unlink(place.folder.child(`${place.name}${suffix}`)).catch((error: unknown) => {
      if (!isErrno(error, 'ENOENT', 'ENAMETOOLONG')) throw error
    })
  }
}

async function putFolder(entry: Entry, files: Files): Promise<boolean> {
  using place = await writable(files.walker, entry.path, 'keep')
  if (place.name === '.') return false
  if (place.found === null) await inFolder(place, (folder) => mkdir(folder.child(place.name), 0o700))
  else if (!place.found.stats.isDirectory()) throw Object.assign(new Error('not a folder'), { code: 'ENOTDIR' })
  return true
}

async function giveBackFolder(entry: Entry, { files }: InPlace): Promise<void> {
  using place = await writable(files.walker, entry.path, 'keep')
  const { descriptor } = place.existing
  if (process.geteuid?.() === 0) await chown(descriptor.self, entry.uid, entry.gid)
  await chmod(descriptor.self, entry.mode)
  const seconds = Number(BigInt(entry.modifiedNs) / 1000n) / 1e6
  await utimes(descriptor.self, seconds, seconds)
}

async function putLink(entry: Extract<Entry, { kind: 'symlink' | 'hardlink' }>, files: Files): Promise<void> {
  using place = await writable(files.walker, entry.path, 'keep')
  if (place.found?.stats.isDirectory()) throw Object.assign(new Error('a folder'), { code: 'EISDIR' })
  if (entry.kind === 'symlink') {
    const { target, mode, uid, gid, modifiedNs } = entry
    await placeLink(place, draftName(), { kind: 'symlink', target, mode, uid, gid, modifiedNs })
    return
  }
  using first = await writable(files.walker, entry.target, 'keep')
  if (place.found?.stats.ino === first.existing.stats.ino) return
  await inFolder(place, async (folder) => {
    const draft = draftName()
    await link(first.folder.child(first.name), folder.child(draft))
    await rename(folder.child(draft), folder.child(place.name))
  })
}

/** The content of the entry that was just read, up to its end, where its digest is checked. */
async function* contentOf(stream: AsyncIterator<Piece>, onBytes: (bytes: number) => void): AsyncGenerator<Buffer> {
  const hash = createHash('sha256')
  let size = 0
  for (;;) {
    const { value: piece, done } = await stream.next()
    if (done === true) throw damaged('a file in it has no end')
    if (piece.type === 'F') {
      if (piece.end.sizeBytes !== size || piece.end.sha256 !== hash.digest('hex'))
        throw damaged('a file in it is damaged')
      return
    }
    for (const bytes of bytesOf(piece)) {
      hash.update(bytes)
      size += bytes.length
      onBytes(bytes.length)
      yield bytes
    }
  }
}

function* bytesOf(piece: Piece): Generator<Buffer> {
  if (piece.type === 'D') yield piece.bytes
  else if (piece.type !== 'Z') throw damaged('its records are out of order')
  else
    for (let left = piece.zeros; left > 0; left -= ZEROS.length) yield ZEROS.subarray(0, Math.min(left, ZEROS.length))
}
