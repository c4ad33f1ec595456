import { readlink } from 'node:fs/promises'
import { CastellanError, type RevertPreview } from '@castellan/contracts'
import { bytesOf, chunksOf, openContent } from './content.ts'
import { writable } from './ground.ts'
import { quotePath } from './path.ts'
import { recordOf, type Snapshot, sameContent, sizeOf, type Transition } from './snapshot.ts'
import type { Trash } from './trash.ts'
import type { Place, Walker } from './walk.ts'

/** Larger contents are told by their size only, in bytes. */
const MAX_SHOWN_BYTES = 512 * 1024

export interface RevertLook {
  readonly preview: RevertPreview
  readonly path: string
  /** What is there, and what would be; null where nothing is, or where it is no small file. */
  readonly now: Uint8Array | null
  readonly then: Uint8Array | null
}

interface Looking {
  readonly walker: Walker
  readonly trash: Trash
  readonly interrupted: boolean
  readonly signal: AbortSignal
}

/**
 * What taking back a change of content would do now. Reads only. Throws `trash_unknown` where the old content is gone:
 * then nothing could force it either.
 */
export async function lookAtRevert(transition: Transition, looking: Looking): Promise<RevertLook> {
  const { walker, trash, interrupted, signal } = looking
  const target = transition.before
  const then = target.kind === 'file' ? await keptContent(trash, target.digest, target.sizeBytes) : null
  using place = await writable(walker, transition.path, 'keep')
  const { snapshot, bytes: now } = await contentOf(place, trash, signal)
  const undo = 'Undoing this undo brings back what is there now.'
  const look = (effects: string[], movedOn?: string): RevertLook => ({
    preview: { effects, undo, ...(movedOn === undefined ? {} : { movedOn }) },
    path: transition.path,
    now,
    then,
  })
  const effects = [effectOf(transition.path, target)]
  if (place.path !== transition.path) return look(effects, 'its folder is another one now')
  if (sameContent(snapshot, transition.after)) return look(effects)
  if (interrupted && sameContent(snapshot, target)) {
    return look([`${quotePath(transition.path)} is as it was: the act was interrupted before it changed anything.`])
  }
  return look(effects, snapshot.kind === 'absent' ? 'it is gone' : 'it was changed since')
}

function effectOf(path: string, target: Snapshot): string {
  if (target.kind === 'absent') return `Moves ${quotePath(path)} to the trash, because it was not there before.`
  if (target.kind === 'symlink') return `Makes ${quotePath(path)} a link to ${quotePath(target.target)} again.`
  return `Puts back the earlier content of ${quotePath(path)} (${sizeOf(target)} bytes), with its owner, mode and time.`
}

async function contentOf(
  place: Place,
  trash: Trash,
  signal: AbortSignal,
): Promise<{ snapshot: Snapshot; bytes: Uint8Array | null }> {
  if (place.found === null) return { snapshot: { kind: 'absent' }, bytes: null }
  const { stats } = place.found
  if (stats.isSymbolicLink()) {
    const target = await readlink(place.folder.child(place.name))
    return { snapshot: { kind: 'symlink', target, ...recordOf(stats) }, bytes: null }
  }
  await using file = await openContent(place)
  const digest = await trash.vault.digestOf(chunksOf(file), signal)
  const sizeBytes = Number(stats.size)
  const bytes = sizeBytes <= MAX_SHOWN_BYTES ? await bytesOf(file, 0, sizeBytes) : null
  return { snapshot: { kind: 'file', digest, sizeBytes, ...recordOf(stats) }, bytes }
}

/** Throws `trash_unknown` and `trash_damaged`. Null for a large one, whose damage shows when it is put back. */
async function keptContent(trash: Trash, digest: string, sizeBytes: number): Promise<Uint8Array | null> {
  if (sizeBytes > MAX_SHOWN_BYTES) {
    if (trash.holds(digest)) return null
    throw new CastellanError(
      'trash_unknown',
      'The kept content is gone from the trash: it was too old, space ran out, or somebody emptied the trash.',
    )
  }
  const parts: Buffer[] = []
  for await (const part of trash.vault.read(digest)) parts.push(part)
  return Buffer.concat(parts)
}
