import type { TrashId } from '@castellan/contracts'

/** Why something is in the trash: it was deleted, or another version took its place. */
export type TrashReason = 'deleted' | 'replaced'

/** Something the trash keeps. */
export interface TrashItem {
  readonly id: TrashId
  /** Where it was: an absolute, resolved path. */
  readonly path: string
  readonly reason: TrashReason
  readonly sizeBytes: number
  readonly keptAt: Date
}

export interface TrashContents {
  /** Newest first. */
  readonly items: readonly TrashItem[]
  /** What the encrypted contents take on disk, and the most they may. */
  readonly usedBytes: number
  readonly quotaBytes: number
  readonly maxAgeDays: number
}

export interface Trash {
  list(signal: AbortSignal): Promise<TrashContents>
}
