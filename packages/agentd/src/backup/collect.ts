import { createHash } from 'node:crypto'
import type { BigIntStats } from 'node:fs'
import { type FileHandle, open, readlink, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { CastellanError } from '@castellan/contracts'
import { openContent } from '../host/files/content.ts'
import { isErrno } from '../host/files/errors.ts'
import type { Files } from '../host/files/files.ts'
import { recordOf } from '../host/files/snapshot.ts'
import { walkTree } from '../host/files/tree.ts'
import type { Place } from '../host/files/walk.ts'
import type { Entry, Piece } from './archive.ts'
import { companions, copyDatabase, isSqlite } from './sqlite.ts'

const CHUNK_BYTES = 64 * 1024
const ZEROS = Buffer.alloc(CHUNK_BYTES)

export interface Left {
  readonly path: string
  /** Why it is not in the backup, or not as it was at one moment. */
  readonly why: string
}

export interface Collecting {
  readonly files: Files
  readonly roots: readonly string[]
  /** Folder of agentd's own in which databases are copied first. */
  readonly scratch: string
  readonly signal: AbortSignal
  readonly onLeft: (left: Left) => void
  readonly onBytes: (bytes: number) => void
}

/** Everything below the roots as records, in bounded memory. What cannot be had is told to `onLeft` and left out. */
export async function* collect(collecting: Collecting): AsyncGenerator<Piece> {
  const { files, roots, signal, onLeft } = collecting
  const firstNames = new Map<string, string>()
  let [entries, fileBytes] = [0, 0]
  for (const root of roots) {
    using start = await files.walker.walk(root, 'keep')
    const onSkipped = (path: string, why: string) => onLeft({ path, why })
    for await (const { place, stats } of walkTree(start, files.grants, { signal, onSkipped })) {
      const isOther = stats.isDirectory() || stats.isSymbolicLink() || stats.isFile()
      if (!isOther) {
        onLeft({ path: place.path, why: 'neither a file, a folder nor a link' })
        continue
      }
      try {
        for await (const piece of piecesOf(place, stats, firstNames, collecting)) {
          if (piece.type === 'F') fileBytes += piece.end.sizeBytes
          yield piece
        }
        entries += 1
      } catch (error) {
        if (!(error instanceof Omitted)) throw error
        onLeft({ path: place.path, why: error.message })
      }
    }
  }
  yield { type: 'X', closing: { entries, fileBytes } }
}

/** Thrown before anything of an entry was yielded. */
class Omitted extends Error {}

async function* piecesOf(
  place: Place,
  stats: BigIntStats,
  firstNames: Map<string, string>,
  collecting: Collecting,
): AsyncGenerator<Piece> {
  const facts = { path: place.path, ...recordOf(stats) }
  if (stats.isDirectory()) {
    yield { type: 'E', entry: { kind: 'directory', ...facts } }
    return
  }
  if (stats.isSymbolicLink()) {
    const target = await readlink(place.folder.child(place.name))
    yield { type: 'E', entry: { kind: 'symlink', target, ...facts } }
    return
  }
  const id = `${stats.dev}:${stats.ino}`
  const first = stats.nlink > 1n ? firstNames.get(id) : undefined
  if (first !== undefined) {
    yield { type: 'E', entry: { kind: 'hardlink', target: first, ...facts } }
    return
  }
  yield* filePieces(place, facts, collecting)
  if (stats.nlink > 1n) firstNames.set(id, place.path)
}

async function* filePieces(
  place: Place,
  facts: Omit<Extract<Entry, { kind: 'file' }>, 'kind' | 'sqlite'>,
  collecting: Collecting,
): AsyncGenerator<Piece> {
  const source = await openSource(place)
  const head = await firstBytes(source)
  if (isSqlite(head)) {
    await source.close()
    yield* databasePieces(place, facts, collecting)
    return
  }
  await using file = source
  if (await isCompanion(place, collecting)) throw new Omitted('in the copy of its database')
  yield { type: 'E', entry: { kind: 'file', sqlite: false, ...facts } }
  yield* contentPieces(file, Number(place.existing.stats.size), collecting)
  const after = await file.stat({ bigint: true })
  const { stats } = place.existing
  if (after.size !== stats.size || after.mtimeNs !== stats.mtimeNs)
    collecting.onLeft({ path: place.path, why: 'changed while it was read: its beginning and end may not fit' })
}

async function* databasePieces(
  place: Place,
  facts: Omit<Extract<Entry, { kind: 'file' }>, 'kind' | 'sqlite'>,
  collecting: Collecting,
): AsyncGenerator<Piece> {
  const copy = join(collecting.scratch, 'database')
  try {
    await copyDatabase(place, copy, collecting.signal)
  } catch (error) {
    if (collecting.signal.aborted || isErrno(error, 'ENOSPC')) throw error
    const why = error instanceof Error ? error.message : String(error)
    throw new Omitted(`SQLite could not copy it: ${why}`)
  }
  try {
    await using file = await open(copy, 'r')
    yield { type: 'E', entry: { kind: 'file', sqlite: true, ...facts } }
    yield* contentPieces(file, (await file.stat()).size, collecting)
  } finally {
    await rm(copy, { force: true })
  }
}

/** Up to `size` bytes: what is appended meanwhile belongs to the next backup. */
async function* contentPieces(file: FileHandle, size: number, { signal, onBytes }: Collecting): AsyncGenerator<Piece> {
  const hash = createHash('sha256')
  let [position, zeros] = [0, 0]
  while (position < size) {
    signal.throwIfAborted()
    const wanted = Math.min(CHUNK_BYTES, size - position)
    const { buffer, bytesRead } = await file.read(Buffer.alloc(wanted), 0, wanted, position)
    if (bytesRead === 0) break
    const bytes = buffer.subarray(0, bytesRead)
    hash.update(bytes)
    position += bytesRead
    onBytes(bytesRead)
    if (bytes.equals(ZEROS.subarray(0, bytesRead))) {
      zeros += bytesRead
      continue
    }
    if (zeros > 0) yield { type: 'Z', zeros }
    zeros = 0
    yield { type: 'D', bytes }
  }
  if (zeros > 0) yield { type: 'Z', zeros }
  yield { type: 'F', end: { sizeBytes: position, sha256: hash.digest('hex') } }
}

async function openSource(place: Place): Promise<FileHandle> {
  try {
    return await openContent(place)
  } catch (error) {
    if (error instanceof CastellanError) throw new Omitted(error.message)
    if (isErrno(error, 'EACCES', 'EPERM')) throw new Omitted('no permission')
    if (isErrno(error, 'ENOENT', 'EIO')) throw new Omitted('it cannot be read')
    throw error
  }
}

async function firstBytes(file: FileHandle): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(16), 0, 16, 0)
  return buffer.subarray(0, bytesRead)
}

/** Whether it is what SQLite keeps beside a database that is copied as a whole. */
async function isCompanion(place: Place, { files }: Collecting): Promise<boolean> {
  const suffix = companions.find((ending) => place.path.endsWith(ending))
  if (suffix === undefined) return false
  try {
    using main = await files.walker.walk(place.path.slice(0, -suffix.length), 'keep')
    await using file = await openContent(main)
    return isSqlite(await firstBytes(file))
  } catch (error) {
    if (error instanceof CastellanError) return false
    throw error
  }
}
