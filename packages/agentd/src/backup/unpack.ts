import { createHash } from 'node:crypto'
import { chmod, type FileHandle, lchown, link, lutimes, mkdir, open, symlink, utimes } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { chunksOf } from '../host/files/content.ts'
import { isErrno } from '../host/files/errors.ts'
import type { Closing, Entry, FileEnd, FileEntry, Label, Piece } from './archive.ts'
import { damaged } from './container.ts'

export interface Unpacking {
  /** A folder of ours, empty and closed to everybody else. Entries keep their whole path below it. */
  readonly folder: string
  /** Only what lies at or below one of these paths; everything without it. */
  readonly only?: readonly string[] | undefined
  /** Whether it is for keeps: on disk when it returns. A trial is read again instead. */
  readonly purpose: 'keep' | 'trial'
  readonly signal: AbortSignal
  readonly onBytes: (bytes: number) => void
}

export interface Unpacked {
  readonly label: Label
  readonly closing: Closing
  readonly files: number
  readonly restoredBytes: number
  /** Databases that were put back, where they lie now; and how many there are in the backup. */
  readonly databases: readonly string[]
  readonly databaseCount: number
}

/**
 * Puts a backup into an empty folder and checks every file against its digest. Nothing is ever written below a name that
 * this did not make as a folder itself, so a made-up backup leads nowhere else. Owners are given back where agentd may.
 */
export async function unpack(pieces: AsyncIterable<Piece>, unpacking: Unpacking): Promise<Unpacked> {
  await using tree = new Tree(unpacking)
  let label: Label | undefined
  let closing: Closing | undefined
  for await (const piece of pieces) {
    unpacking.signal.throwIfAborted()
    if (label === undefined && piece.type !== 'B') throw damaged('it does not begin as one')
    if (piece.type === 'B') label = piece.label
    else if (piece.type === 'X') closing = piece.closing
    else await tree.take(piece).catch(whereNamesCollide)
  }
  if (label === undefined || closing === undefined) throw damaged('its end is missing')
  await tree.finish()
  if (tree.entries !== closing.entries) throw damaged('an entry of it is missing')
  const { files, restoredBytes, databases, databaseCount } = tree
  return { label, closing, files, restoredBytes, databases, databaseCount }
}

/** Whether an entry is asked for. */
export function wanted(path: string, only: readonly string[] | undefined): boolean {
  return only === undefined || only.some((root) => path === root || path.startsWith(`${root === '/' ? '' : root}/`))
}

interface OpenFile {
  readonly entry: FileEntry
  /** Absent for one that is not asked for, and only checked. */
  readonly file: FileHandle | undefined
  readonly content: Content
}

class Tree implements AsyncDisposable {
  entries = 0
  files = 0
  restoredBytes = 0
  databaseCount = 0
  readonly databases: string[] = []
  readonly #unpacking: Unpacking
  readonly #folders = new Set<string>(['/'])
  readonly #madeFiles = new Set<string>()
  readonly #entries: Exclude<Entry, { kind: 'file' }>[] = []
  #open: OpenFile | undefined

  constructor(unpacking: Unpacking) {
    this.#unpacking = unpacking
  }

  async take(piece: Piece): Promise<void> {
    if (piece.type === 'E') {
      if (this.#open !== undefined) throw damaged('a file in it has no end')
      this.entries += 1
      await this.#enter(piece.entry)
      return
    }
    if (this.#open === undefined || piece.type === 'B' || piece.type === 'X')
      throw damaged('its records are out of order')
    const { content, file } = this.#open
    if (piece.type === 'D') {
      if (file !== undefined) await file.write(piece.bytes, 0, piece.bytes.length, content.size)
      content.add(piece.bytes)
      if (file !== undefined) this.#unpacking.onBytes(piece.bytes.length)
    } else if (piece.type === 'Z') content.addZeros(piece.zeros)
    else await this.#close(piece.end)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#open?.file?.close()
  }

  /** Times and modes of folders come last: what is made in a folder changes its time, and its mode may forbid making it. */
  async finish(): Promise<void> {
    if (this.#open !== undefined) throw damaged('a file in it has no end')
    for (const entry of this.#entries.toReversed()) {
      if (entry.kind !== 'directory') continue
      const path = this.#at(entry.path)
      await giveBack(path, entry)
      await chmod(path, entry.mode)
      await utimes(path, secondsOf(entry.modifiedNs), secondsOf(entry.modifiedNs))
    }
  }

  async #enter(entry: Entry): Promise<void> {
    checkPath(entry.path)
    const wants = wanted(entry.path, this.#unpacking.only)
    if (entry.kind === 'file') {
      const file = wants ? await this.#create(entry.path) : undefined
      this.#open = { entry, file, content: new Content() }
      return
    }
    if (!wants) return
    if (entry.path === '/') return
    const path = await this.#free(entry.path)
    if (entry.kind === 'directory') {
      await mkdir(path, { mode: 0o700 })
      this.#folders.add(entry.path)
      this.#entries.push(entry)
    } else if (entry.kind === 'symlink') {
      await symlink(entry.target, path)
      await giveBack(path, entry)
      await lutimes(path, secondsOf(entry.modifiedNs), secondsOf(entry.modifiedNs))
    } else {
      if (!this.#madeFiles.has(entry.target)) {
        if (this.#unpacking.only === undefined) throw damaged('a second name in it has no file')
        throw damaged(`${entry.path} is another name of ${entry.target}, which was not asked for; ask for both`)
      }
      await link(this.#at(entry.target), path)
    }
  }

  async #create(path: string): Promise<FileHandle> {
    return open(await this.#free(path), 'wx+', 0o600)
  }

  async #close({ sizeBytes, sha256 }: FileEnd): Promise<void> {
    const { entry, file, content } = this.#open as OpenFile
    this.#open = undefined
    try {
      if (content.size !== sizeBytes || content.digest() !== sha256)
        throw damaged(`${entry.path} is not what was backed up`)
      if (entry.sqlite) this.databaseCount += 1
      if (file === undefined) return
      await file.truncate(sizeBytes)
      await giveBackOpen(file, entry)
      await file.chmod(entry.mode)
      await file.utimes(secondsOf(entry.modifiedNs), secondsOf(entry.modifiedNs))
      if (this.#unpacking.purpose === 'keep') await file.sync()
      else if ((await digestOf(file)) !== sha256) throw damaged(`${entry.path} does not come out as it was backed up`)
    } finally {
      await file?.close()
    }
    this.files += 1
    this.restoredBytes += sizeBytes
    this.#madeFiles.add(entry.path)
    if (entry.sqlite) this.databases.push(this.#at(entry.path))
  }

  /** The path of a new entry, the folders above it made where a backup of one file does not name them. */
  async #free(path: string): Promise<string> {
    const parent = dirname(path)
    if (!this.#folders.has(parent)) {
      await this.#free(parent)
      if (this.#madeFiles.has(parent)) throw damaged('a file in it has entries below it')
      await mkdir(this.#at(parent), { mode: 0o755 })
      this.#folders.add(parent)
    }
    return this.#at(path)
  }

  #at(path: string): string {
    return join(this.#unpacking.folder, path)
  }
}

/** Size and digest of a content, holes included. */
class Content {
  size = 0
  readonly #hash = createHash('sha256')

  add(bytes: Buffer): void {
    this.#hash.update(bytes)
    this.size += bytes.length
  }

  addZeros(count: number): void {
    if (count < 0 || count > 2 ** 50) throw damaged('a hole in it makes no sense')
    for (let left = count; left > 0; left -= ZEROS.length)
      this.#hash.update(ZEROS.subarray(0, Math.min(left, ZEROS.length)))
    this.size += count
  }

  digest(): string {
    return this.#hash.digest('hex')
  }
}

const ZEROS = Buffer.alloc(1024 * 1024)

/** Reads a restored file again: what is on the disk counts. */
async function digestOf(file: FileHandle): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of chunksOf(file)) hash.update(chunk)
  return hash.digest('hex')
}

function whereNamesCollide(error: unknown): never {
  if (isErrno(error, 'EEXIST', 'ENOTDIR', 'EISDIR')) throw damaged('two entries of it have one name')
  throw error
}

function checkPath(path: string): void {
  const names = path.split('/').slice(1)
  const odd = names.some((name) => name === '' || name === '.' || name === '..' || name.includes('\0'))
  if (path !== '/' && odd) throw damaged('a path in it is not plain')
}

async function giveBack(path: string, { uid, gid }: Entry): Promise<void> {
  if (process.geteuid?.() === 0) await lchown(path, uid, gid)
}

async function giveBackOpen(file: FileHandle, { uid, gid }: Entry): Promise<void> {
  if (process.geteuid?.() === 0) await file.chown(uid, gid)
}

/** Node hands times over as a double of seconds, good to a quarter of a microsecond: aim inside the right one. */
function secondsOf(nanoseconds: string): number {
  return (Number(BigInt(nanoseconds) / 1000n) + 0.3) / 1e6
}
