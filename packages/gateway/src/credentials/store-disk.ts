import { constants } from 'node:fs'
import { mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { CastellanError } from '@castellan/contracts'
import { syncFolder, writePrivateFile } from '@castellan/daemon'
import { StoreFault } from './store-fault.ts'
import { MAX_STORE_BYTES } from './store-format.ts'

/**
 * The store's files: `store`, and `store.next` while a change is between being written and being on record. Each step is on disk
 * when it returns, and each file is whole or not there.
 */
export class StoreDisk {
  readonly file: string
  readonly #next: string
  readonly #locked: string

  constructor(folder: string) {
    this.file = join(folder, 'store')
    this.#next = join(folder, 'store.next')
    this.#locked = join(folder, 'locked')
  }

  /** Undefined where there is none. */
  read(): Promise<Buffer | undefined> {
    return readWhole(this.file)
  }

  readNext(): Promise<Buffer | undefined> {
    return readWhole(this.#next)
  }

  /** Writes the store as it is to be. It does not count yet. Throws `disk_full`. */
  async prepare(bytes: Buffer): Promise<void> {
    await this.#makeFolder()
    const draft = `${this.#next}.new`
    await rm(draft, { force: true })
    await writePrivateFile(this.#next, bytes).catch(async (cause: NodeJS.ErrnoException) => {
      // Nothing of it is on record, so nothing of it may be found by the next start.
      await Promise.all([draft, this.#next].map((path) => rm(path, { force: true })))
      if (cause.code !== 'ENOSPC' && cause.code !== 'EDQUOT') throw cause
      throw new CastellanError('disk_full', 'The disk is full: the credential store stays as it was. Make room on it.')
    })
  }

  /** What was prepared takes the place of what was before. */
  async commit(): Promise<void> {
    await rename(this.#next, this.file)
    await syncFolder(dirname(this.file))
  }

  /** What was prepared is not to be. */
  async discard(): Promise<void> {
    await rm(this.#next, { force: true })
    await syncFolder(dirname(this.#next))
  }

  /** Moves a store that cannot be used aside, where nothing reads it. */
  async setAside(suffix: string): Promise<void> {
    await this.discard().catch(ifThere)
    await rename(this.file, `${this.file}.${suffix}`).catch(ifThere)
  }

  async isLocked(): Promise<boolean> {
    return (await stat(this.#locked).catch(ifThere)) !== undefined
  }

  async setLocked(locked: boolean): Promise<void> {
    await this.#makeFolder()
    if (locked) await (await open(this.#locked, 'a', 0o600)).close()
    else await rm(this.#locked, { force: true })
    await syncFolder(dirname(this.#locked))
  }

  async #makeFolder(): Promise<void> {
    const made = await mkdir(dirname(this.file), { recursive: true, mode: 0o700 })
    if (made !== undefined) await syncFolder(dirname(made))
  }
}

/** A link in its place is not followed, and what is longer than any store is not read. */
async function readWhole(path: string): Promise<Buffer | undefined> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    if (error.code === 'ELOOP') throw new StoreFault('unsupported')
    throw error
  })
  if (file === undefined) return undefined
  try {
    const stats = await file.stat()
    if (!stats.isFile() || stats.size > MAX_STORE_BYTES) throw new StoreFault('unsupported')
    return await file.readFile()
  } finally {
    await file.close()
  }
}

function ifThere(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error
  return undefined
}
