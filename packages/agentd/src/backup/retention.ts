import type { BackupId } from '@castellan/contracts'

const DAY_MS = 86_400_000

export interface Kept {
  readonly id: BackupId
  readonly createdMs: number
}

export interface Retention {
  /** Newest backup of each of so many days that have one. */
  readonly daily: number
  /** And of each of so many weeks (from Monday, UTC). */
  readonly weekly: number
}

/**
 * Which backups of one set go, now that there is a new one. The newest of a day stays for so many days, the newest of a
 * week for so many weeks; nothing goes within a day of being made, so a run of bad backups pushes out no good one at once.
 */
export function leaving(backups: readonly Kept[], { daily, weekly }: Retention, nowMs: number): BackupId[] {
  const newestFirst = backups.toSorted((left, right) => right.createdMs - left.createdMs)
  const kept = new Set([...newestOf(newestFirst, daily, dayOf), ...newestOf(newestFirst, weekly, weekOf)])
  return newestFirst.filter(({ id, createdMs }) => !kept.has(id) && createdMs < nowMs - DAY_MS).map(({ id }) => id)
}

function newestOf(newestFirst: readonly Kept[], most: number, spanOf: (ms: number) => number): BackupId[] {
  const spans = new Map<number, BackupId>()
  for (const { id, createdMs } of newestFirst) {
    const span = spanOf(createdMs)
    if (!spans.has(span) && spans.size < most) spans.set(span, id)
  }
  return [...spans.values()]
}

function dayOf(ms: number): number {
  return Math.floor(ms / DAY_MS)
}

/** 1970-01-01 was a Thursday. */
function weekOf(ms: number): number {
  return Math.floor((dayOf(ms) + 3) / 7)
}
