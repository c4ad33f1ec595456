import type { BigIntStats } from 'node:fs'
import { lstat, readlink, unlink } from 'node:fs/promises'
import type { Inverse, RevertContext, TrashId } from '@castellan/contracts'
import type { Mutex } from '../../state/mutex.ts'
import { chunksOf, notAFile, openContent, wholeContent } from './content.ts'
import { fileError, isErrno } from './errors.ts'
import { newestInTrash, removeFolders, writable } from './ground.ts'
import { quotePath } from './path.ts'
import { draftName, missingFolders, ownershipIn, placeFile, placeLink, removeEntry } from './placing.ts'
import { inTheWay, inUse, movedOn, notOurs, occupied, refuseFixed, severalNames } from './refusals.ts'
import {
  type FileSnapshot,
  ownershipOf,
  recordOf,
  type Snapshot,
  sameContent,
  sameStats,
  sizeOf,
  Transition,
} from './snapshot.ts'
import type { Trash, TrashItem } from './trash.ts'
import type { Place, Walker } from './walk.ts'

export type KeepInverse = (inverse: Inverse) => Promise<void>
/** What reverting needs of its context. */
export type Reverting = Pick<RevertContext<never>, 'force' | 'interrupted' | 'keepInverse' | 'signal'>
export type WriteMode = 'create' | 'overwrite' | 'append'

/** What a change did. */
export interface Change {
  readonly path: string
  /** Size of what is there now; of what was there, for a deletion. */
  readonly sizeBytes: number
  readonly created: boolean
}

/** What was at a place, kept in the trash where it was something, and the stats that recognise it. */
interface Examined {
  readonly snapshot: Snapshot
  readonly item: TrashItem | null
  readonly stats: BigIntStats | null
}

interface Step {
  readonly place: Place
  readonly before: Examined
  readonly after: Snapshot
  readonly description: string
  readonly content: () => AsyncIterable<Uint8Array>
}

/**
 * The changes of the file tools. Each takes one path from one snapshot to another in the same five steps: find the
 * place, keep what is there, tell how to take the change back, make it, let go. One change at a time.
 */
export class Changes {
  readonly #walker: Walker
  readonly #trash: Trash
  readonly #turn: Mutex

  constructor(walker: Walker, trash: Trash, turn: Mutex) {
    this.#walker = walker
    this.#trash = trash
    this.#turn = turn
  }

  write(path: string, bytes: Uint8Array, mode: WriteMode, keep: KeepInverse, signal: AbortSignal): Promise<Change> {
    return this.#inTurn(path, async () => {
      using place = await writable(this.#walker, path, 'follow')
      const { found } = place
      if (found !== null && !found.stats.isFile()) throw notAFile(place)
      if (found !== null && mode === 'create')
        throw occupied(place, 'Say mode overwrite to replace it, or append to add to it.')
      const content = mode === 'append' && found !== null ? Buffer.concat([await wholeContent(place), bytes]) : bytes
      return await this.#replace(place, content, keep, signal)
    })
  }

  /** Replaces the content by what `edit` makes of it. Nothing is changed when `edit` throws. Files up to 16 MiB. */
  edit(path: string, edit: (content: Buffer) => Uint8Array, keep: KeepInverse, signal: AbortSignal): Promise<Change> {
    return this.#inTurn(path, async () => {
      using place = await writable(this.#walker, path, 'follow')
      return await this.#replace(place, edit(await wholeContent(place)), keep, signal)
    })
  }

  /** Moves a file or a symbolic link (never what it points to) to the trash. */
  delete(path: string, keep: KeepInverse, signal: AbortSignal): Promise<Change & { readonly trashId: TrashId }> {
    return this.#inTurn(path, async () => {
      using place = await writable(this.#walker, path, 'keep')
      const { stats } = place.existing
      if (!stats.isFile() && !stats.isSymbolicLink()) throw notAFile(place)
      const before = await this.#examine(place, 'deleted', signal)
      const description = `Puts ${quotePath(place.path)} back as it was.`
      await this.#make({ place, before, after: { kind: 'absent' }, description, content: nothing }, keep, signal)
      return { path: place.path, sizeBytes: Number(stats.size), created: false, trashId: (before.item as TrashItem).id }
    })
  }

  /** Puts back what the trash holds, where it was. Throws `trash_unknown`, and `already_exists` where the place is taken. */
  restore(which: { id: string } | { path: string }, keep: KeepInverse, signal: AbortSignal): Promise<Change> {
    const asked = 'id' in which ? which.id : which.path
    return this.#inTurn(asked, async () => {
      const item =
        'id' in which ? this.#trash.get(which.id) : await newestInTrash(this.#walker, this.#trash, which.path)
      using place = await writable(this.#walker, item.path, 'keep')
      if (place.found !== null) throw inTheWay(place)
      const before = await this.#examine(place, 'replaced', signal)
      const description = `Moves ${quotePath(place.path)} to the trash again.`
      const content = () => this.#contentOf(item.content)
      await this.#make({ place, before, after: item.content, description, content }, keep, signal)
      await this.#trash.unlist(item.id)
      return { path: place.path, sizeBytes: sizeOf(item.content), created: true }
    })
  }

  /** Takes back a change. Throws `world_moved_on` unless forced, and `trash_unknown` where the old content is gone. */
  async revert(data: unknown, { force, interrupted, keepInverse, signal }: Reverting): Promise<{ summary: string }> {
    const parsed = Transition.safeParse(data)
    if (!parsed.success) throw notOurs()
    const transition = parsed.data
    return await this.#inTurn(transition.path, async () => {
      await this.#sweep(transition)
      using place = await writable(this.#walker, transition.path, 'keep')
      const target = transition.before
      if (place.path !== transition.path) throw movedOn(transition.path, 'its folder is another one now')
      const reason = target.kind === 'absent' ? 'deleted' : 'replaced'
      const before = await this.#examine(place, reason, signal, target.kind === 'file' ? target.digest : undefined)
      if (!sameContent(before.snapshot, transition.after)) {
        const same = interrupted && sameContent(before.snapshot, target)
        if (before.item !== null && (same || !force)) await this.#trash.drop(before.item.id)
        if (same) return await this.#alreadyBack(transition)
        if (!force)
          throw movedOn(transition.path, before.snapshot.kind === 'absent' ? 'it is gone' : 'it was changed since')
      }
      const description = `Makes ${quotePath(place.path)} again what it was before this undo.`
      const content = () => this.#contentOf(target)
      await this.#make({ place, before, after: target, description, content }, keepInverse, signal)
      if (target.kind === 'absent') await removeFolders(this.#walker, transition.folders)
      return { summary: revertSummary(place.path, target) }
    })
  }

  async #replace(place: Place, bytes: Uint8Array, keep: KeepInverse, signal: AbortSignal): Promise<Change> {
    if (place.found !== null) refuseFixed(place)
    const before = await this.#examine(place, 'replaced', signal)
    const after: FileSnapshot = {
      kind: 'file',
      digest: this.#trash.vault.digest(bytes),
      sizeBytes: bytes.length,
      ...(before.snapshot.kind === 'file' ? ownershipOf(before.snapshot) : await ownershipIn(place)),
      modifiedNs: `${Date.now()}000000`,
    }
    const created = before.snapshot.kind === 'absent'
    const description = created
      ? `Moves ${quotePath(place.path)}, which this call created, to the trash.`
      : `Puts back the earlier content of ${quotePath(place.path)}.`
    await this.#make({ place, before, after, description, content: () => only(bytes) }, keep, signal)
    return { path: place.path, sizeBytes: bytes.length, created }
  }

  /** What is at a place, its bytes safe in the trash, where they do not push out what `spare` names. */
  async #examine(place: Place, reason: TrashItem['reason'], signal: AbortSignal, spare?: string): Promise<Examined> {
    if (place.found === null) return { snapshot: { kind: 'absent' }, item: null, stats: null }
    const { stats } = place.found
    const snapshot = stats.isSymbolicLink()
      ? { kind: 'symlink' as const, target: await readlink(place.folder.child(place.name)), ...recordOf(stats) }
      : await this.#keepFile(place, stats, signal)
    const item = await this.#trash.add({ path: place.path, reason, content: snapshot }, spare)
    return { snapshot, item, stats }
  }

  async #keepFile(place: Place, stats: BigIntStats, signal: AbortSignal): Promise<FileSnapshot> {
    if (stats.nlink > 1n) throw severalNames(place, stats)
    if (stats.isFile()) this.#trash.ensureFits(quotePath(place.path), Number(stats.size))
    await using file = await openContent(place)
    const kept = await this.#trash.vault.keep(chunksOf(file), signal)
    if (!sameStats(await file.stat({ bigint: true }), stats)) throw inUse(place)
    return { kind: 'file', ...kept, ...recordOf(stats) }
  }

  async #make(step: Step, keep: KeepInverse, signal: AbortSignal): Promise<void> {
    const { place, before, after } = step
    try {
      signal.throwIfAborted()
      const folders = after.kind === 'absent' ? [] : missingFolders(place)
      const draft = draftName()
      const transition: Transition = { path: place.path, before: before.snapshot, after, folders, draft }
      await keep({ description: step.description, data: transition })
      await this.#ensureUnchanged(place, before.stats)
      if (after.kind === 'absent') await removeEntry(place, draft)
      else if (after.kind === 'file') await placeFile(place, draft, after, step.content())
      else await placeLink(place, draft, after)
    } catch (error) {
      await this.#dropIfUnchanged(step)
      throw error
    }
  }

  /** A change that failed needs no copy of what is still there; where anything happened to it, the copy stays. */
  async #dropIfUnchanged({ place, before }: Step): Promise<void> {
    if (before.item === null || before.stats === null) return
    const now = await lstat(place.folder.child(place.name), { bigint: true }).catch(() => null)
    if (now !== null && sameStats(now, before.stats)) await this.#trash.drop(before.item.id)
  }

  /** The last look before the rename: what goes must be what the trash has. */
  async #ensureUnchanged(place: Place, stats: BigIntStats | null): Promise<void> {
    if (stats === null) return
    const now = await lstat(place.folder.child(place.name), { bigint: true })
    if (!sameStats(now, stats)) throw inUse(place)
  }

  /** The act was interrupted before its effect: at most the folders it made are left. */
  async #alreadyBack({ path, before, folders }: Transition): Promise<{ summary: string }> {
    if (before.kind === 'absent') await removeFolders(this.#walker, folders)
    return { summary: `${path} is as it was before: the act was interrupted before it changed anything.` }
  }

  /** Removes what a crash in the middle of the act left beside the place; the trash has what was set aside. */
  async #sweep({ path, draft }: Transition): Promise<void> {
    using place = await writable(this.#walker, path, 'keep')
    if (place.missing.length > 0) return
    await unlink(place.folder.child(draft)).catch((error: unknown) => {
      if (!isErrno(error, 'ENOENT')) throw error
    })
  }

  async *#contentOf(snapshot: Snapshot): AsyncGenerator<Uint8Array> {
    if (snapshot.kind === 'file') yield* this.#trash.vault.read(snapshot.digest)
  }

  #inTurn<T>(path: string, change: () => Promise<T>): Promise<T> {
    return this.#turn.run(change).catch((error: unknown) => {
      throw fileError(error, path)
    })
  }
}

function revertSummary(path: string, target: Snapshot): string {
  if (target.kind === 'absent') return `${path} was moved to the trash, so it is gone again.`
  return `${path} is back as it was (${sizeOf(target)} bytes).`
}

async function* only(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

async function* nothing(): AsyncGenerator<Uint8Array> {}
