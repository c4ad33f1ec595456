import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { CastellanError, newId, TrashId } from '@castellan/contracts'
import { z } from 'zod'
import { seal, unseal } from '../../state/seal.ts'
import { writePrivateFile } from './durable.ts'
import { PresentSnapshot } from './snapshot.ts'
import { Vault } from './vault.ts'

const DAY_MS = 86_400_000

export interface TrashLimits {
  /** Most that the encrypted contents may take on disk. */
  readonly quotaBytes: number
  readonly maxAgeDays: number
}

const StoredItem = z.strictObject({
  id: TrashId,
  path: z.string(),
  reason: z.enum(['deleted', 'replaced']),
  keptAtMs: z.int(),
  /** False once it was put back: no longer shown, but undoing may still need its bytes. */
  listed: z.boolean(),
  content: PresentSnapshot,
})
type StoredItem = z.infer<typeof StoredItem>

/** Something the trash keeps: why, from where, and as what it can be put back. */
export interface TrashItem {
  readonly id: TrashId
  /** Where it was: an absolute, resolved path. */
  readonly path: string
  /** Whether it was deleted, or another version took its place. */
  readonly reason: 'deleted' | 'replaced'
  readonly keptAt: Date
  readonly content: PresentSnapshot
}

export interface TrashContents {
  /** Newest first. */
  readonly items: readonly TrashItem[]
  /** How many more are off the list, because they were put back, and kept only so that undoing works. */
  readonly unlisted: number
  /** What the encrypted contents take on disk, those that only undoing needs included, and the most they may. */
  readonly usedBytes: number
  readonly quotaBytes: number
  readonly maxAgeDays: number
}

/**
 * What was deleted or replaced, kept so that it can come back. Items are small encrypted files beside the vault that
 * holds their bytes. The oldest go first when the quota is reached; nothing stays longer than the age limit.
 */
export class Trash {
  readonly limits: TrashLimits
  readonly vault: Vault
  readonly #folder: string
  readonly #key: Uint8Array
  readonly #items: Map<TrashId, StoredItem>
  readonly #sizes: Map<string, number>

  private constructor(
    folder: string,
    key: Uint8Array,
    vault: Vault,
    limits: TrashLimits,
    items: StoredItem[],
    sizes: Map<string, number>,
  ) {
    this.#folder = folder
    this.#key = key
    this.vault = vault
    this.limits = limits
    this.#items = new Map(items.map((item) => [item.id, item]))
    this.#sizes = sizes
  }

  /** Opens the trash in `folder` (made with mode 0700) under a 32-byte key. Items that cannot be read are left out and left alone. */
  static async open(folder: string, key: Uint8Array, limits: TrashLimits): Promise<Trash> {
    const itemFolder = join(folder, 'items')
    await mkdir(itemFolder, { recursive: true, mode: 0o700 })
    const vault = await Vault.open(join(folder, 'blobs'), key)
    const items: StoredItem[] = []
    for (const name of await readdir(itemFolder)) {
      if (!TrashId.safeParse(name).success) continue
      const item = parseItem(unseal(key, await readFile(join(itemFolder, name)), name))
      if (item !== null) items.push(item)
    }
    items.sort((left, right) => left.keptAtMs - right.keptAtMs)
    const trash = new Trash(itemFolder, key, vault, limits, items, await vault.contents())
    await trash.#dropUnreferenced()
    await trash.#evict(() => false)
    return trash
  }

  /** What people may restore, newest first. Changes nothing: what is too old is left out, and goes at the next change. */
  list(): TrashContents {
    const oldest = this.#oldestMs()
    const kept = [...this.#items.values()].filter(({ keptAtMs }) => keptAtMs >= oldest)
    const items = kept.filter(({ listed }) => listed).map(present)
    const unlisted = kept.length - items.length
    return { items: items.reverse(), unlisted, usedBytes: this.#usedBytes(), ...this.limits }
  }

  find(id: string): TrashItem | undefined {
    const item = this.#items.get(id as TrashId)
    return item === undefined ? undefined : present(item)
  }

  /** Throws `trash_unknown`. */
  get(id: string): TrashItem {
    const item = this.find(id)
    if (item !== undefined) return item
    throw new CastellanError(
      'trash_unknown',
      `The trash holds nothing with the id ${JSON.stringify(id)}. trash_list shows what it holds.`,
    )
  }

  /** Whether the content with this digest is kept. */
  holds(digest: string): boolean {
    return this.#sizes.has(digest)
  }

  /** What of `path` was deleted last, or else replaced last. */
  newest(path: string): TrashItem | undefined {
    const items = [...this.#items.values()].filter((item) => item.listed && item.path === path)
    const item = items.findLast(({ reason }) => reason === 'deleted') ?? items.at(-1)
    return item === undefined ? undefined : present(item)
  }

  /** Refuses what could never be kept: keeping it would empty the trash and still not fit. */
  ensureFits(path: string, sizeBytes: number): void {
    if (sizeBytes <= this.limits.quotaBytes / 2) return
    const megabytes = (bytes: number) => `${Math.floor(bytes / 1024 / 1024)} MB`
    throw new CastellanError(
      'too_large',
      `${path} has ${megabytes(sizeBytes)}; the trash keeps files up to ${megabytes(this.limits.quotaBytes / 2)}, and nothing ` +
        'is changed here that could not be taken back. Ask the owner to do this by hand.',
    )
  }

  /**
   * Enters something whose bytes the vault has just taken. On disk when it returns. Others may have to go to make room,
   * but not those with the content `spare`, which is about to be put back.
   */
  async add(item: Pick<TrashItem, 'path' | 'reason' | 'content'>, spare?: string): Promise<TrashItem> {
    const stored: StoredItem = { id: newId('trs'), keptAtMs: Date.now(), listed: true, ...item }
    await this.#store(stored)
    if (stored.content.kind === 'file') this.#sizes.set(stored.content.digest, stored.content.sizeBytes)
    await this.#evict(({ id, content }) => id === stored.id || (content.kind === 'file' && content.digest === spare))
    return present(stored)
  }

  /** Takes an item off the list, because it was put back. Its bytes stay: undoing may need them. */
  async unlist(id: TrashId): Promise<void> {
    const item = this.#items.get(id)
    if (item !== undefined) await this.#store({ ...item, listed: false })
  }

  /** Drops an item at once, because what it was kept for did not happen. */
  async drop(id: TrashId): Promise<void> {
    const item = this.#items.get(id)
    this.#items.delete(id)
    await rm(join(this.#folder, id), { force: true })
    if (item?.content.kind === 'file') await this.#dropContent(item.content.digest)
  }

  /** Everything that was kept before a moment (milliseconds since 1970), listed or not, oldest first. */
  keptBefore(beforeMs: number): readonly TrashItem[] {
    return [...this.#items.values()].filter(({ keptAtMs }) => keptAtMs < beforeMs).map(present)
  }

  /** Drops everything that was kept before a moment (milliseconds since 1970), listed or not, for good. */
  async empty(beforeMs: number): Promise<{ readonly items: number; readonly freedBytes: number }> {
    const used = this.#usedBytes()
    const leaving = this.keptBefore(beforeMs)
    for (const { id } of leaving) await this.drop(id)
    return { items: leaving.length, freedBytes: used - this.#usedBytes() }
  }

  async #store(item: StoredItem): Promise<void> {
    await writePrivateFile(join(this.#folder, item.id), seal(this.#key, JSON.stringify(item), item.id))
    this.#items.set(item.id, item)
  }

  /** Lets go of what is too old, then of the oldest until the rest fits. */
  async #evict(spared: (item: StoredItem) => boolean): Promise<void> {
    const oldest = this.#oldestMs()
    for (const item of [...this.#items.values()]) {
      if (item.keptAtMs >= oldest && this.#usedBytes() <= this.limits.quotaBytes) break
      if (!spared(item)) await this.drop(item.id)
    }
  }

  async #dropContent(digest: string): Promise<void> {
    for (const { content } of this.#items.values()) if (content.kind === 'file' && content.digest === digest) return
    this.#sizes.delete(digest)
    await this.vault.forget(digest)
  }

  /** After a crash between a content and its item. */
  async #dropUnreferenced(): Promise<void> {
    for (const digest of [...this.#sizes.keys()]) await this.#dropContent(digest)
  }

  #oldestMs(): number {
    return Date.now() - this.limits.maxAgeDays * DAY_MS
  }

  #usedBytes(): number {
    let total = 0
    for (const size of this.#sizes.values()) total += size
    return total
  }
}

function present({ id, path, reason, keptAtMs, content }: StoredItem): TrashItem {
  return { id, path, reason, keptAt: new Date(keptAtMs), content }
}

function parseItem(text: Buffer | undefined): StoredItem | null {
  try {
    return StoredItem.parse(JSON.parse(String(text)))
  } catch {
    return null
  }
}
