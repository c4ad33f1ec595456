import { notAFile, wholeContent } from './content.ts'
import { newestInTrash, writable } from './ground.ts'
import { quotePath } from './path.ts'
import { missingFolders } from './placing.ts'
import { inTheWay, notOurs, refuseFixed, severalNames } from './refusals.ts'
import { lookAtRevert, type RevertLook } from './revert-look.ts'
import { Transition } from './snapshot.ts'
import type { Trash, TrashItem } from './trash.ts'
import type { Walker } from './walk.ts'

/** Looking ahead at {@link Changes}: what each would find, and refuse. Changes nothing, keeps nothing. */
export class Looks {
  readonly #walker: Walker
  readonly #trash: Trash

  constructor(walker: Walker, trash: Trash) {
    this.#walker = walker
    this.#trash = trash
  }

  /** What would be changed, and refuses what changing would refuse. Null bytes: there is nothing there yet. */
  async content(path: string): Promise<{ path: string; now: Buffer | null; folders: string[] }> {
    using place = await writable(this.#walker, path, 'follow')
    if (place.found === null) return { path: place.path, now: null, folders: missingFolders(place) }
    const now = await wholeContent(place)
    refuseFixed(place)
    return { path: place.path, now, folders: [] }
  }

  /** What a deletion would take away; refuses what deleting would refuse. */
  async entry(path: string): Promise<{ path: string; kind: 'file' | 'symlink'; sizeBytes: number }> {
    using place = await writable(this.#walker, path, 'keep')
    const { stats } = place.existing
    if (!stats.isFile() && !stats.isSymbolicLink()) throw notAFile(place)
    if (stats.nlink > 1n) throw severalNames(place, stats)
    if (stats.isFile()) this.#trash.ensureFits(quotePath(place.path), Number(stats.size))
    return { path: place.path, kind: stats.isFile() ? 'file' : 'symlink', sizeBytes: Number(stats.size) }
  }

  /** What restoring would put back; refuses what restoring would refuse. */
  async trashed(which: { id: string } | { path: string }): Promise<TrashItem> {
    const item = 'id' in which ? this.#trash.get(which.id) : await newestInTrash(this.#walker, this.#trash, which.path)
    using place = await writable(this.#walker, item.path, 'keep')
    if (place.found !== null) throw inTheWay(place)
    return item
  }

  /** What `revert` would do now, with the content there is and the content there would be, where they are small. */
  revert(data: unknown, interrupted: boolean, signal: AbortSignal): Promise<RevertLook> {
    const parsed = Transition.safeParse(data)
    if (!parsed.success) throw notOurs()
    return lookAtRevert(parsed.data, { walker: this.#walker, trash: this.#trash, interrupted, signal })
  }
}
