import { readlink, rmdir, unlink } from 'node:fs/promises'
import { CastellanError, type RevertPreview, type ToolPreview } from '@castellan/contracts'
import type { Mutex } from '../../state/mutex.ts'
import type { KeepInverse, Reverting } from './changes.ts'
import { notAFile, refuseForeignLink } from './content.ts'
import { fileError } from './errors.ts'
import type { Grants } from './grants.ts'
import { removeFolders, writable } from './ground.ts'
import { moveEntry } from './moving.ts'
import { quotePath, splitPath } from './path.ts'
import { missingFolders } from './placing.ts'
import { apart, movedOn, notOurs, occupied } from './refusals.ts'
import { Move, type Moved } from './snapshot.ts'
import type { Place, Walker } from './walk.ts'

export interface MoveDone {
  readonly from: string
  readonly to: string
  readonly kind: Moved['kind']
}

/** Where a move stands: done, not done (undone, or interrupted before its effect), or something else happened since. */
type Standing = { readonly at: 'to' } | { readonly at: 'from' } | { readonly at: 'neither'; readonly why: string }

/** Moving and renaming inside the granted folders. Shares its turn with {@link Changes}: one change at a time. */
export class Moves {
  readonly #walker: Walker
  readonly #grants: Grants
  readonly #turn: Mutex

  constructor(walker: Walker, grants: Grants, turn: Mutex) {
    this.#walker = walker
    this.#grants = grants
    this.#turn = turn
  }

  /**
   * Moves a file, a symbolic link (never what it points to) or a folder. Folders that are missing on the way are made;
   * nothing is ever replaced. Throws `already_exists`, and `conflict` where the two are on different file systems.
   */
  move(from: string, to: string, keep: KeepInverse, signal: AbortSignal): Promise<MoveDone> {
    return this.#inTurn(from, async () => {
      using source = await writable(this.#walker, from, 'keep')
      using target = await writable(this.#walker, to, 'keep')
      return await this.#make(source, target, keep, signal)
    })
  }

  /** What `move` would do; refuses what it would refuse. */
  async preview(from: string, to: string): Promise<ToolPreview> {
    using source = await writable(this.#walker, from, 'keep')
    using target = await writable(this.#walker, to, 'keep')
    const moved = await this.#examine(source, target)
    const folders = missingFolders(target)
    return {
      effects: [
        `Moves the ${words[moved.kind]} ${quotePath(source.path)} to ${quotePath(target.path)}.`,
        ...folders.map((folder) => `Makes the folder ${quotePath(folder)}.`),
      ],
      undo: 'Undo moves it back, as long as nobody changed or moved it meanwhile.',
    }
  }

  /** Moves it back. Throws `world_moved_on` unless forced, and `already_exists` where its old name is taken. */
  async revert(data: unknown, { force, interrupted, keepInverse, signal }: Reverting): Promise<{ summary: string }> {
    const move = parse(data)
    return await this.#inTurn(move.to, async () => {
      const standing = await this.#standing(move, interrupted)
      if (standing.at === 'from') {
        await this.#clear(move)
        return { summary: `${move.from} is where it was: the act was interrupted before it moved anything.` }
      }
      if (standing.at === 'neither' && !force) throw movedOn(move.to, standing.why)
      using source = await writable(this.#walker, move.to, 'keep')
      using target = await writable(this.#walker, move.from, 'keep')
      await this.#make(source, target, keepInverse, signal)
      await removeFolders(this.#walker, move.folders)
      return { summary: `${move.to} was moved back to ${move.from}.` }
    })
  }

  async revertPreview(data: unknown, interrupted: boolean): Promise<RevertPreview> {
    const move = parse(data)
    const standing = await this.#standing(move, interrupted)
    const undo = 'Undoing this undo moves it there again.'
    if (standing.at === 'from')
      return {
        effects: [`${quotePath(move.from)} is where it was: the act was interrupted before it moved anything.`],
        undo,
      }
    const effects = [`Moves ${quotePath(move.to)} back to ${quotePath(move.from)}.`]
    return standing.at === 'to' ? { effects, undo } : { effects, undo, movedOn: standing.why }
  }

  async #make(source: Place, target: Place, keep: KeepInverse, signal: AbortSignal): Promise<MoveDone> {
    const moved = await this.#examine(source, target)
    signal.throwIfAborted()
    const move: Move = { from: source.path, to: target.path, moved, folders: missingFolders(target) }
    await keep({ description: `Moves ${quotePath(target.path)} back to ${quotePath(source.path)}.`, data: move })
    await moveEntry(source, target)
    return { from: source.path, to: target.path, kind: moved.kind }
  }

  /** What is to be moved, once nothing speaks against it. */
  async #examine(source: Place, target: Place): Promise<Moved> {
    const moved = await recognise(source)
    if (moved === null) throw notAFile(source)
    if (source.name === '.') throw fixed(source, 'it is a granted folder itself')
    if (target.found !== null) throw occupied(target, 'Nothing is replaced by a move: choose a free name.')
    if (moved.kind === 'file') await refuseForeignLink(source)
    if (await liesApart(source, target)) throw apart(source, target)
    if (moved.kind !== 'directory') return moved
    if (this.#grants.within(splitPath(source.path))) throw fixed(source, 'a folder with a grant of its own lies in it')
    if (`${target.path}/`.startsWith(`${source.path}/`)) throw fixed(source, 'a folder cannot go into itself')
    return moved
  }

  async #standing(move: Move, interrupted: boolean): Promise<Standing> {
    using there = await writable(this.#walker, move.to, 'keep')
    using origin = await writable(this.#walker, move.from, 'keep')
    if (there.path !== move.to || origin.path !== move.from)
      return { at: 'neither', why: 'its folder is another one now' }
    if (origin.found !== null) {
      const free = there.found === null || isClaim(there)
      if (interrupted && free && same(await recognise(origin), move.moved)) return { at: 'from' }
      return { at: 'neither', why: `something else is at ${quotePath(move.from)} now` }
    }
    if (there.found === null) return { at: 'neither', why: 'it is gone' }
    return same(await recognise(there), move.moved) ? { at: 'to' } : { at: 'neither', why: 'it was changed since' }
  }

  /** What a crash between claiming the new name and moving leaves: an empty file or folder of ours, and new folders. */
  async #clear(move: Move): Promise<void> {
    {
      using there = await writable(this.#walker, move.to, 'keep')
      if (there.found !== null) {
        const name = there.folder.child(there.name)
        await (there.found.stats.isDirectory() ? rmdir(name) : unlink(name))
      }
    }
    await removeFolders(this.#walker, move.folders)
  }

  #inTurn<T>(path: string, change: () => Promise<T>): Promise<T> {
    return this.#turn.run(change).catch((error: unknown) => {
      throw fileError(error, path)
    })
  }
}

const words = { file: 'file', symlink: 'symbolic link', directory: 'folder' } as const

/** Null for what is not moved: FIFOs, sockets and devices. Throws `not_found`. */
async function recognise(place: Place): Promise<Moved | null> {
  const { stats } = place.existing
  if (stats.isFile())
    return { kind: 'file', sizeBytes: Number(stats.size), modifiedUs: (stats.mtimeNs / 1000n).toString() }
  if (stats.isSymbolicLink()) return { kind: 'symlink', target: await readlink(place.folder.child(place.name)) }
  if (stats.isDirectory()) return { kind: 'directory', dev: stats.dev.toString(), ino: stats.ino.toString() }
  return null
}

function same(left: Moved | null, right: Moved): boolean {
  return left !== null && JSON.stringify(left) === JSON.stringify(right)
}

/** Whether it looks like the claim of `moveEntry`: ours, private and empty. A folder that is not empty cannot be removed. */
function isClaim({ existing: { stats } }: Place): boolean {
  if (Number(stats.uid) !== process.geteuid?.()) return false
  if (stats.isDirectory()) return (stats.mode & 0o7777n) === 0o700n
  return stats.isFile() && stats.size === 0n && (stats.mode & 0o7777n) === 0o600n
}

function parse(data: unknown): Move {
  const parsed = Move.safeParse(data)
  if (parsed.success) return parsed.data
  throw notOurs()
}

function fixed(place: Place, why: string): CastellanError {
  return new CastellanError('conflict', `${quotePath(place.path)} is not moved: ${why}.`)
}

/**
 * Whether the two are on different file systems. The folders tell: on an overlay (overlayfs, inode properties) a file has
 * the device number of the layer it lies in. A folder that is a mount point lies apart from the one it is in.
 */
async function liesApart(source: Place, target: Place): Promise<boolean> {
  const [from, to] = await Promise.all([source.folder.stat(), target.folder.stat()])
  const { stats } = source.existing
  return from.dev !== to.dev || (stats.isDirectory() && stats.dev !== from.dev)
}
