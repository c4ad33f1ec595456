import type { BigIntStats } from 'node:fs'
import type { Grants } from './grants.ts'
import { walkTree } from './tree.ts'
import type { Trust } from './trust.ts'
import type { Place } from './walk.ts'

/** What a folder, or one thing in it, takes. */
export interface UsagePart {
  readonly name: string
  readonly directory: boolean
  /** What its files hold, and what they take on the disk: less for sparse files, more for small ones. */
  readonly sizeBytes: number
  readonly diskBytes: number
  readonly files: number
}

export interface Usage {
  readonly path: string
  readonly sizeBytes: number
  readonly diskBytes: number
  readonly files: number
  readonly directories: number
  /** What lies directly in it, the largest on disk first. */
  readonly parts: readonly UsagePart[]
  /** What was passed over: not granted, not readable, another file system. */
  readonly skipped: number
  readonly untrusted: boolean
  /** False where the budget ended before the walk did: then all figures are lower bounds. */
  readonly complete: boolean
}

export interface UsageBudget {
  readonly milliseconds: number
  readonly entries: number
}

/** Adds up a folder like du(1) with -x: on its file system only, a file with several names once. */
export async function usageOf(
  start: Place,
  { grants, trust }: { grants: Grants; trust: Trust },
  budget: UsageBudget,
  signal: AbortSignal,
): Promise<Usage> {
  const startedAt = performance.now()
  const parts = new Map<string, { -readonly [Key in keyof UsagePart]: UsagePart[Key] }>()
  const seen = new Set<string>()
  let [sizeBytes, diskBytes, files, directories, skipped, entries, untrusted] = [0, 0, 0, 0, 0, 0, false]
  let complete = true
  const onSkipped = () => {
    skipped += 1
  }
  for await (const { stats, names, place } of walkTree(start, grants, { signal, onSkipped })) {
    entries += 1
    const [top] = names
    if (top !== undefined && names.length === 1) {
      const directory = stats.isDirectory()
      parts.set(top, { name: top, directory, sizeBytes: 0, diskBytes: 0, files: 0 })
      untrusted ||= trust.untrusted(stats, place.path)
    }
    const [size, disk] = isNew(stats, seen) ? [stats.isDirectory() ? 0 : Number(stats.size), diskOf(stats)] : [0, 0]
    const counts = stats.isDirectory() ? 0 : 1
    sizeBytes += size
    diskBytes += disk
    files += counts
    directories += stats.isDirectory() && names.length > 0 ? 1 : 0
    const part = top === undefined ? undefined : parts.get(top)
    if (part !== undefined) {
      part.sizeBytes += size
      part.diskBytes += disk
      part.files += counts
    }
    if (entries >= budget.entries || performance.now() - startedAt >= budget.milliseconds) {
      complete = false
      break
    }
  }
  const largest = [...parts.values()].sort((left, right) => right.diskBytes - left.diskBytes)
  return { path: start.path, sizeBytes, diskBytes, files, directories, parts: largest, skipped, untrusted, complete }
}

/** A file with several names is counted under the first. */
function isNew(stats: BigIntStats, seen: Set<string>): boolean {
  if (stats.isDirectory() || stats.nlink <= 1n) return true
  const id = `${stats.dev}:${stats.ino}`
  if (seen.has(id)) return false
  seen.add(id)
  return true
}

/** stat(2): blocks are 512 bytes, whatever the file system's are. */
function diskOf(stats: BigIntStats): number {
  return Number(stats.blocks) * 512
}
