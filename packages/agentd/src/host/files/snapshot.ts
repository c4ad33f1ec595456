import type { BigIntStats } from 'node:fs'
import { z } from 'zod'

const ownership = { mode: z.int().min(0).max(0o7777), uid: z.int().min(0), gid: z.int().min(0) }

/** Nanoseconds since 1970 as decimal digits: JSON numbers are too coarse. */
const Nanoseconds = z.string().regex(/^-?[0-9]{1,20}$/)

/** A regular file as it can be put back. `digest` is the vault's digest of its bytes. */
const FileSnapshot = z.strictObject({
  kind: z.literal('file'),
  digest: z.string().regex(/^[0-9a-f]{64}$/),
  sizeBytes: z.int().min(0),
  modifiedNs: Nanoseconds,
  ...ownership,
})
export type FileSnapshot = z.infer<typeof FileSnapshot>

const LinkSnapshot = z.strictObject({
  kind: z.literal('symlink'),
  target: z.string(),
  modifiedNs: Nanoseconds,
  ...ownership,
})
export type LinkSnapshot = z.infer<typeof LinkSnapshot>

const AbsentSnapshot = z.strictObject({ kind: z.literal('absent') })

/** Something that can be kept and put back. */
export const PresentSnapshot = z.discriminatedUnion('kind', [FileSnapshot, LinkSnapshot])
export type PresentSnapshot = z.infer<typeof PresentSnapshot>

/** What is at a path at one moment, as far as putting it back needs. */
export const Snapshot = z.discriminatedUnion('kind', [FileSnapshot, LinkSnapshot, AbsentSnapshot])
export type Snapshot = z.infer<typeof Snapshot>

/** Every change of the file tools is one path going from one snapshot to another; undoing goes the other way. */
export const Transition = z.strictObject({
  path: z.string().startsWith('/'),
  before: Snapshot,
  after: Snapshot,
  /** Folders made for it, outermost first: undoing removes those that are empty. */
  folders: z.array(z.string().startsWith('/')),
})
export type Transition = z.infer<typeof Transition>

/** Whether two snapshots hold the same thing. Modes and times may differ: people touch files without changing them. */
export function sameContent(left: Snapshot, right: Snapshot): boolean {
  if (left.kind === 'file') return right.kind === 'file' && left.digest === right.digest
  if (left.kind === 'symlink') return right.kind === 'symlink' && left.target === right.target
  return right.kind === 'absent'
}

export function ownershipOf({ mode, uid, gid }: FileSnapshot): { mode: number; uid: number; gid: number } {
  return { mode, uid, gid }
}

/** What of a file's stats putting it back needs. */
export function recordOf(stats: BigIntStats): { mode: number; uid: number; gid: number; modifiedNs: string } {
  return {
    mode: Number(stats.mode & 0o7777n),
    uid: Number(stats.uid),
    gid: Number(stats.gid),
    modifiedNs: stats.mtimeNs.toString(),
  }
}

/** Whether it is the same file, unwritten and unrenamed since. */
export function sameStats(left: BigIntStats, right: BigIntStats): boolean {
  return (['dev', 'ino', 'size', 'mtimeNs', 'ctimeNs'] as const).every((field) => left[field] === right[field])
}

/** Bytes of a file, or of the text of a link. */
export function sizeOf(content: PresentSnapshot): number {
  return content.kind === 'file' ? content.sizeBytes : Buffer.byteLength(content.target)
}
