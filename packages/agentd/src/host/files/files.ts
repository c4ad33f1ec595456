import { createHash } from 'node:crypto'
import type { BigIntStats } from 'node:fs'
import { lstat, readdir, readlink, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { CastellanError } from '@castellan/contracts'
import { Mutex } from '../../state/mutex.ts'
import type { Accounts } from '../accounts.ts'
import { Changes } from './changes.ts'
import { bytesOf, chunksOf, openContent } from './content.ts'
import { fileError, isErrno } from './errors.ts'
import { Grants } from './grants.ts'
import { Looks } from './looks.ts'
import { Moves } from './moves.ts'
import { quotePath } from './path.ts'
import { type SearchBudget, type SearchQuery, type SearchResult, searchTree } from './search.ts'
import { type FileKind, kindOf } from './stats.ts'
import type { Trash } from './trash.ts'
import { Trust } from './trust.ts'
import { type Usage, type UsageBudget, usageOf } from './usage.ts'
import { type Place, Walker } from './walk.ts'

/**
 * What an owner lets file tools touch. `none` takes a folder out of a larger grant (agentd's own state, say).
 * Where grants nest, the innermost decides.
 */
export interface Grant {
  readonly path: string
  readonly access: 'none' | 'read' | 'write'
}

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
  /** Whether somebody else than root and the owner may have chosen these names. */
  readonly untrusted: boolean
}

export interface FileSlice {
  readonly path: string
  readonly bytes: Uint8Array
  /** Where the bytes begin, counted from the file's beginning. */
  readonly offset: number
  readonly sizeBytes: number
  /** Whether somebody else than root and the owner may have written it. */
  readonly untrusted: boolean
}

export interface Checksum {
  readonly path: string
  readonly sizeBytes: number
  /** Lower-case hex. */
  readonly digest: string
}

/**
 * Files inside the granted folders. Every method takes a path as an agent writes it and throws `path_outside_roots`,
 * `path_invalid`, `not_found`, `not_a_file`, `not_a_directory`, `permission_denied` and, for changes, what
 * {@link Changes} says.
 */
export class Files {
  readonly workspace: string
  readonly changes: Changes
  readonly looks: Looks
  readonly moves: Moves
  readonly walker: Walker
  readonly grants: Grants
  readonly trust: Trust
  readonly #accounts: Accounts

  private constructor(
    workspace: string,
    walker: Walker,
    grants: Grants,
    trust: Trust,
    trash: Trash,
    accounts: Accounts,
  ) {
    const turn = new Mutex()
    this.workspace = workspace
    this.changes = new Changes(walker, trash, turn)
    this.looks = new Looks(walker, trash)
    this.moves = new Moves(walker, grants, turn)
    this.walker = walker
    this.grants = grants
    this.trust = trust
    this.#accounts = accounts
  }

  /** The first grant is the workspace: relative paths and `~` start there, and its owner is trusted. */
  static async open(granted: readonly [Grant, ...Grant[]], trash: Trash, accounts: Accounts): Promise<Files> {
    const workspace = granted[0].path
    const grants = await Grants.resolve(granted)
    const { uid } = await stat(workspace)
    const trust = new Trust([uid, process.geteuid?.() ?? 0])
    return new Files(workspace, new Walker(grants, workspace), grants, trust, trash, accounts)
  }

  /**
   * The name by which policy knows a path: absolute, through real folders only; where it leads nowhere that may be
   * used, what its text says. Looks, and never throws: the call itself will say what is wrong.
   */
  async locate(path: string, lastLink: 'follow' | 'keep' = 'follow'): Promise<string> {
    try {
      using place = await this.walker.walk(path, lastLink)
      return place.path
    } catch {
      return resolve(this.workspace, path.replace(/^~(?=\/|$)/, '.')).slice(0, 4096)
    }
  }

  /** Looks for files by name and content, below `path`, as far as `budget` goes. */
  search(path: string, query: SearchQuery, budget: SearchBudget, signal: AbortSignal): Promise<SearchResult> {
    return this.#at(path, signal, (place) => searchTree(place, this, query, budget, signal))
  }

  /** What a folder takes, as far as `budget` goes. */
  usage(path: string, budget: UsageBudget, signal: AbortSignal): Promise<Usage> {
    return this.#at(path, signal, (place) => usageOf(place, this, budget, signal))
  }

  /** Digest of a file's bytes by one of the algorithms of OpenSSL; `onRead` is told how many were read. */
  checksum(path: string, algorithm: string, onRead: (bytes: number) => void, signal: AbortSignal): Promise<Checksum> {
    return this.#at(path, signal, async (place) => {
      await using file = await openContent(place)
      const hash = createHash(algorithm)
      let sizeBytes = 0
      for await (const chunk of chunksOf(file)) {
        signal.throwIfAborted()
        hash.update(chunk)
        sizeBytes += chunk.length
        onRead(sizeBytes)
      }
      return { path: place.path, sizeBytes, digest: hash.digest('hex') }
    })
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
      let strangers = 0
      for (const name of names.slice(page.offset, page.offset + page.limit)) {
        signal.throwIfAborted()
        const entry = await describeEntry(descriptor.self, name)
        if (entry === null) continue
        const { stats: entryStats, ...line } = entry
        entries.push(line)
        if (this.trust.untrusted(entryStats, place.path)) strangers += 1
      }
      const untrusted = this.trust.untrusted(stats, place.path) || strangers > 0
      return { path: place.path, entries, totalEntries: names.length, untrusted }
    })
  }

  /** Bytes from `offset`; a negative offset counts from the end. At most `limit` bytes. */
  read(path: string, slice: { offset: number; limit: number }, signal: AbortSignal): Promise<FileSlice> {
    return this.#at(path, signal, async (place) => {
      await using file = await openContent(place)
      const sizeBytes = Number((await file.stat()).size)
      const offset = slice.offset < 0 ? Math.max(0, sizeBytes + slice.offset) : slice.offset
      const bytes = await bytesOf(file, offset, slice.limit)
      const untrusted = this.trust.untrusted(place.existing.stats, place.path)
      return { path: place.path, bytes, offset, sizeBytes, untrusted }
    })
  }

  async #at<T>(path: string, signal: AbortSignal, use: (place: Place) => Promise<T>): Promise<T> {
    signal.throwIfAborted()
    using place = await this.walker.walk(path)
    try {
      return await use(place)
    } catch (error) {
      throw fileError(error, place.path)
    }
  }
}

/** One line of a listing; null where the entry vanished meanwhile. */
async function describeEntry(
  folder: string,
  name: Buffer,
): Promise<(DirectoryEntry & { readonly stats: BigIntStats }) | null> {
  const path = Buffer.concat([Buffer.from(`${folder}/`), name])
  try {
    const stats = await lstat(path, { bigint: true })
    const kind = kindOf(stats)
    const target = kind === 'symlink' ? await readlink(path) : null
    return { name: name.toString(), kind, sizeBytes: Number(stats.size), modifiedAt: stats.mtime, target, stats }
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'EINVAL')) return null
    throw error
  }
}
