import { mkdir, mkdtemp, open, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { BackupId, CastellanError } from '@castellan/contracts'
import { syncFolder } from '../host/files/durable.ts'
import { fileError, isErrno } from '../host/files/errors.ts'
import type { Files } from '../host/files/files.ts'
import { decode } from './archive.ts'
import type { Left } from './collect.ts'
import { openKey, readContainer, readHeader } from './container.ts'
import { putInPlace } from './in-place.ts'
import { CONTAINER, makeContainer } from './make.ts'
import { compareSegments, type Manifest, readManifest, segmentsOf, writeManifest } from './manifest.ts'
import { restoreBeside } from './new-folder.ts'
import { counting, type Progress } from './progress.ts'
import type { Recipient } from './recipient.ts'
import { leaving, type Retention } from './retention.ts'
import { ensureRoom, measure, rootsOf } from './room.ts'
import { loadSodium } from './sodium.ts'
import { ensureSound } from './sqlite.ts'
import type { Unlocked } from './unlocked.ts'
import { unpack } from './unpack.ts'

export interface BackupOptions {
  /** Where backups are kept; made with mode 0700. No file tool may reach it. */
  readonly folder: string
  readonly retention: Retention
  /** Most that all backups may take together, in bytes; only the disk limits them without it. */
  readonly quotaBytes?: number | undefined
}

export interface Created {
  readonly manifest: Manifest
  readonly left: readonly Left[]
  /** Older backups that left because of this one. */
  readonly removed: readonly BackupId[]
}

export interface Listed {
  readonly id: BackupId
  readonly containerBytes: number
  readonly keyId: string | null
  /** Null where this machine does not know it: it came from another one. */
  readonly manifest: Manifest | null
}

export type Verdict =
  /** Without the recovery key: the bytes are those that were written. `unknown`: this machine cannot tell. */
  | { readonly level: 'bytes'; readonly known: boolean; readonly containerBytes: number }
  /** With it: restored to a scratch folder, every file the one that was backed up, every database sound. */
  | {
      readonly level: 'contents'
      readonly files: number
      readonly restoredBytes: number
      readonly databases: number
      readonly containerBytes: number
    }

export interface Restored {
  readonly path: string | null
  readonly files: number
  readonly restoredBytes: number
  readonly failed: readonly Left[]
}

export type Target = { readonly to: string } | { readonly inPlace: true }

/** Backups in their folder: each a container that only the recovery key opens, with what this machine knows beside it. */
export class Backups {
  readonly options: BackupOptions
  readonly #recipient: Recipient
  readonly #unlocked: Unlocked
  readonly #manifestKey: Uint8Array
  #busy = false

  private constructor(
    options: BackupOptions,
    parts: { recipient: Recipient; unlocked: Unlocked; manifestKey: Uint8Array },
  ) {
    this.options = options
    this.#recipient = parts.recipient
    this.#unlocked = parts.unlocked
    this.#manifestKey = parts.manifestKey
  }

  /** Opens the folder, and clears away what a crash left half done in it. */
  static async open(
    options: BackupOptions,
    parts: { recipient: Recipient; unlocked: Unlocked; manifestKey: Uint8Array },
  ): Promise<Backups> {
    await mkdir(options.folder, { recursive: true, mode: 0o700 })
    for (const name of await readdir(options.folder)) {
      if (name.startsWith(WORK)) await rm(join(options.folder, name), { recursive: true, force: true })
    }
    return new Backups(options, parts)
  }

  /** Which recovery key new backups are for; null where none was made yet. */
  async keyId(): Promise<string | null> {
    return (await this.#recipient.describe())?.key_id ?? null
  }

  /**
   * Makes a backup of these paths. It is visible once it is whole, on disk, and read back: `restored` to a scratch folder,
   * or only `decrypted` where room is short. Throws `backup_key_missing`, `disk_full` before anything is written where it
   * cannot fit, and `busy`.
   */
  create(
    files: Files,
    request: { readonly set: string; readonly paths: readonly string[]; readonly check: Manifest['checked'] },
    progress: Progress,
    signal: AbortSignal,
  ): Promise<Created> {
    return this.#alone(async (work) => {
      const publicKey = await this.#recipient.publicKey()
      const roots = await rootsOf(files, request.paths)
      const size = await measure(files, roots, signal)
      await ensureRoom(this.options, await this.#usedBytes(), size, request.check === 'restored')
      const making = { files, roots, size, request, folder: work, publicKey, progress, signal }
      const { manifest, left } = await makeContainer(await loadSodium(), making)
      signal.throwIfAborted()
      await writeManifest(this.#path(manifest.id, 'manifest'), this.#manifestKey, manifest)
      await rename(join(work, CONTAINER), this.#path(manifest.id, 'backup'))
      await syncFolder(this.options.folder)
      return { manifest, left, removed: await this.#retain(request.set) }
    })
  }

  /** Newest first. */
  async list(): Promise<Listed[]> {
    const names = (await readdir(this.options.folder)).filter((name) => name.endsWith('.backup'))
    const ids = names.flatMap((name) => BackupId.safeParse(name.slice(0, -'.backup'.length)).data ?? [])
    return Promise.all(
      ids
        .sort()
        .toReversed()
        .map((id) => this.#describe(id)),
    )
  }

  /** What is known of one. Throws `backup_unknown`. */
  async find(id: BackupId): Promise<Listed> {
    return this.#describe(id)
  }

  /** Checks one, as far as is possible without its recovery key or, where an operator handed that over, wholly. */
  async verify(id: BackupId, progress: Progress, signal: AbortSignal): Promise<Verdict> {
    const { manifest, containerBytes } = await this.#describe(id)
    if (this.#unlocked.has(id, 'verify')) {
      return this.#unlocked.use(id, 'verify', (secret) => this.#verifyContents(id, secret, progress, signal))
    }
    await using file = await this.#open(id)
    await readHeader(file)
    if (manifest === null) return { level: 'bytes', known: false, containerBytes }
    const told = counting('Reading', containerBytes, progress)
    compareSegments(await segmentsOf(file, signal, told), manifest.segments)
    return { level: 'bytes', known: true, containerBytes }
  }

  /**
   * Puts one back, with the recovery key that an operator handed over: into a new folder, where it appears once it is
   * whole, or in place, file by file. Throws `backup_locked` and, before anything is changed, `backup_damaged`.
   */
  async restore(
    files: Files,
    id: BackupId,
    target: Target,
    only: readonly string[] | undefined,
    progress: Progress,
    signal: AbortSignal,
  ): Promise<Restored> {
    const { manifest, containerBytes } = await this.#describe(id)
    const total = manifest?.fileBytes ?? containerBytes
    return this.#unlocked.use(id, 'restore', (secret) =>
      this.#alone(async () => {
        const sodium = await loadSodium()
        await using file = await this.#open(id)
        const streamKey = openKey(sodium, await readHeader(file), secret)
        const pieces = () => decode(readContainer(sodium, file, streamKey, signal))
        const onBytes = counting('Restoring', total, progress)
        try {
          if ('to' in target)
            return await restoreBeside(files, pieces(), {
              ...target,
              only,
              neededBytes: containerBytes,
              signal,
              onBytes,
            })
          // All of it first, so that a damaged one changes nothing.
          await unpack(pieces(), {
            folder: '/nonexistent',
            only: [],
            purpose: 'trial',
            signal,
            onBytes: () => undefined,
          })
          const failed: Left[] = []
          const onFailed = (path: string, why: string) => failed.push({ path, why })
          const back = await putInPlace(pieces(), { files, only, signal, onBytes, onFailed })
          return { path: null, files: back.files, restoredBytes: back.restoredBytes, failed }
        } finally {
          sodium.memzero(streamKey)
        }
      }),
    )
  }

  #verifyContents(id: BackupId, secret: Uint8Array, progress: Progress, signal: AbortSignal): Promise<Verdict> {
    return this.#alone(async (work) => {
      await using file = await this.#open(id)
      const { size: containerBytes } = await file.stat()
      await ensureRoom(
        this.options,
        0,
        { fileBytes: containerBytes, diskBytes: containerBytes, largestBytes: 0 },
        false,
      )
      const sodium = await loadSodium()
      const streamKey = openKey(sodium, await readHeader(file), secret)
      const onBytes = counting('Restoring to a scratch folder', containerBytes, progress)
      const pieces = decode(readContainer(sodium, file, streamKey, signal))
      const found = await unpack(pieces, { folder: work, purpose: 'trial', signal, onBytes })
      sodium.memzero(streamKey)
      await ensureSound(found.databases, signal)
      const { files, restoredBytes, databaseCount } = found
      return { level: 'contents', files, restoredBytes, databases: databaseCount, containerBytes }
    })
  }

  /** One at a time, with a folder to work in that is gone afterwards, whatever happens. */
  async #alone<T>(work: (folder: string) => Promise<T>): Promise<T> {
    if (this.#busy) throw new CastellanError('busy', 'Another backup or restore is running. Try again when it is done.')
    this.#busy = true
    let folder: string | undefined
    try {
      folder = await mkdtemp(join(this.options.folder, WORK))
      return await work(folder)
    } catch (error) {
      throw fileError(error, this.options.folder)
    } finally {
      if (folder !== undefined) await rm(folder, { recursive: true, force: true })
      this.#busy = false
    }
  }

  async #retain(set: string): Promise<BackupId[]> {
    const ofSet = (await this.list()).flatMap(({ manifest }) => (manifest?.set === set ? [manifest] : []))
    const kept = ofSet.map(({ id, createdAt }) => ({ id, createdMs: Date.parse(createdAt) }))
    const gone = leaving(kept, this.options.retention, Date.now())
    for (const id of gone) {
      await rm(this.#path(id, 'backup'), { force: true })
      await rm(this.#path(id, 'manifest'), { force: true })
    }
    return gone
  }

  async #describe(id: BackupId): Promise<Listed> {
    await using file = await this.#open(id)
    const { size: containerBytes } = await file.stat()
    const header = await readHeader(file).catch((error: unknown) => {
      if (error instanceof CastellanError) return null
      throw error
    })
    const manifest = (await readManifest(this.#path(id, 'manifest'), this.#manifestKey, id)) ?? null
    return { id, containerBytes, keyId: header?.keyId ?? null, manifest }
  }

  async #usedBytes(): Promise<number> {
    const sizes = (await this.list()).map(({ containerBytes }) => containerBytes)
    return sizes.reduce((sum, size) => sum + size, 0)
  }

  #open(id: BackupId) {
    return open(this.#path(id, 'backup'), 'r').catch((error: unknown) => {
      if (!isErrno(error, 'ENOENT')) throw error
      throw new CastellanError('backup_unknown', `There is no backup ${id}. backup_list shows which there are.`)
    })
  }

  #path(id: BackupId, kind: 'backup' | 'manifest'): string {
    return join(this.options.folder, `${id}.${kind}`)
  }
}

/** What work in progress is called; no backup is. */
const WORK = '.work-'
