import type { BigIntStats } from 'node:fs'
import { lstat, readdir, readlink } from 'node:fs/promises'
import { CastellanError } from '@castellan/contracts'
import type { Accounts } from '../accounts.ts'
import { Changes } from './changes.ts'
import { bytesOf, openContent } from './content.ts'
import { fileError, isErrno } from './errors.ts'
import { Grants } from './grants.ts'
import { quotePath } from './path.ts'
import type { Trash } from './trash.ts'
import { type Place, Walker } from './walk.ts'

/**
 * What an owner lets file tools touch. `none` takes a folder out of a larger grant (agentd's own state, say).
 * Where grants nest, the innermost decides.
 */
export interface Grant {
  readonly path: string
  readonly access: 'none' | 'read' | 'write'
}

export type FileKind = 'file' | 'directory' | 'symlink' | 'fifo' | 'socket' | 'device'

export interface FileFacts {
  /** Absolute and resolved through every link. */
  readonly path: string
  readonly kind: FileKind
  readonly sizeBytes: number
  /** Permission bits, octal, four digits: `0644`. */
  readonly mode: string
  readonly owner: string
  readonly group: string
  readonly modifiedAt: Date
  /** How many names (hard links) it has. */
  readonly links: number
}

export interface DirectoryEntry {
  readonly name: string
  readonly kind: FileKind
  readonly sizeBytes: number
  readonly modifiedAt: Date
  /** Where a symbolic link points, as written in it; null for everything else. */
  readonly target: string | null
}

export interface DirectoryPage {
  readonly path: string
  /** By name, in byte order. */
  readonly entries: readonly DirectoryEntry[]
  readonly totalEntries: number
}

export interface FileSlice {
  readonly path: string
  readonly bytes: Uint8Array
  /** Where the bytes begin, counted from the file's beginning. */
  readonly offset: number
  readonly sizeBytes: number
}

/**
 * Files inside the granted folders. Every method takes a path as an agent writes it and throws `path_outside_roots`,
 * `path_invalid`, `not_found`, `not_a_file`, `not_a_directory`, `permission_denied` and, for changes, what
 * {@link Changes} says.
 */
export class Files {
  readonly workspace: string
  readonly changes: Changes
  readonly #walker: Walker
  readonly #accounts: Accounts

  private constructor(workspace: string, walker: Walker, trash: Trash, accounts: Accounts) {
    this.workspace = workspace
    this.changes = new Changes(walker, trash)
    this.#walker = walker
    this.#accounts = accounts
  }

  /** The first grant is the workspace: relative paths and `~` start there. */
  static async open(grants: readonly [Grant, ...Grant[]], trash: Trash, accounts: Accounts): Promise<Files> {
    const walker = new Walker(await Grants.resolve(grants), grants[0].path)
    return new Files(grants[0].path, walker, trash, accounts)
  }

  stat(path: string, signal: AbortSignal): Promise<FileFacts> {
    return this.#at(path, signal, async (place) => {
      const { stats } = place.existing
      return {
        path: place.path,
        kind: kindOf(stats),
        sizeBytes: Number(stats.size),
        mode: (stats.mode & 0o7777n).toString(8).padStart(4, '0'),
        owner: await this.#accounts.user(Number(stats.uid)),
        group: await this.#accounts.group(Number(stats.gid)),
        modifiedAt: stats.mtime,
        links: Number(stats.nlink),
      }
    })
  }

  list(path: string, page: { offset: number; limit: number }, signal: AbortSignal): Promise<DirectoryPage> {
    return this.#at(path, signal, async (place) => {
      const { descriptor, stats } = place.existing
      if (!stats.isDirectory()) {
        throw new CastellanError(
          'not_a_directory',
          `${quotePath(place.path)} is not a folder. file_stat tells what it is.`,
        )
      }
      const names = (await readdir(descriptor.self, { encoding: 'buffer' })).sort(Buffer.compare)
      const entries: DirectoryEntry[] = []
      for (const name of names.slice(page.offset, page.offset + page.limit)) {
        signal.throwIfAborted()
        const entry = await describeEntry(descriptor.self, name)
        if (entry !== null) entries.push(entry)
      }
      return { path: place.path, entries, totalEntries: names.length }
    })
  }

  /** Bytes from `offset`; a negative offset counts from the end. At most `limit` bytes. */
  read(path: string, slice: { offset: number; limit: number }, signal: AbortSignal): Promise<FileSlice> {
    return this.#at(path, signal, async (place) => {
      await using file = await openContent(place)
      const sizeBytes = Number((await file.stat()).size)
      const offset = slice.offset < 0 ? Math.max(0, sizeBytes + slice.offset) : slice.offset
      return { path: place.path, bytes: await bytesOf(file, offset, slice.limit), offset, sizeBytes }
    })
  }

  async #at<T>(path: string, signal: AbortSignal, use: (place: Place) => Promise<T>): Promise<T> {
    signal.throwIfAborted()
    using place = await this.#walker.walk(path)
    try {
      return await use(place)
    } catch (error) {
      throw fileError(error, place.path)
    }
  }
}

/** One line of a listing; null where the entry vanished meanwhile. */
async function describeEntry(folder: string, name: Buffer): Promise<DirectoryEntry | null> {
  const path = Buffer.concat([Buffer.from(`${folder}/`), name])
  try {
    const stats = await lstat(path, { bigint: true })
    const kind = kindOf(stats)
    const target = kind === 'symlink' ? await readlink(path) : null
    return { name: name.toString(), kind, sizeBytes: Number(stats.size), modifiedAt: stats.mtime, target }
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'EINVAL')) return null
    throw error
  }
}

function kindOf(stats: BigIntStats): FileKind {
  if (stats.isFile()) return 'file'
  if (stats.isDirectory()) return 'directory'
  if (stats.isSymbolicLink()) return 'symlink'
  if (stats.isFIFO()) return 'fifo'
  if (stats.isSocket()) return 'socket'
  return 'device'
}
