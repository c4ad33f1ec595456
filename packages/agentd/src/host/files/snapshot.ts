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

/** A name nobody else uses. */
export const DraftName = z.string().regex(/^\.castellan-[0-9a-f]{18}\.draft$/)

/** Every change of a file's content is one path going from one snapshot to another; undoing goes the other way. */
export const Transition = z.strictObject({
  path: z.string().startsWith('/'),
  before: Snapshot,
  after: Snapshot,
  /** Folders made for it, outermost first: undoing removes those that are empty. */
  folders: z.array(z.string().startsWith('/')),
  /** The name beside it under which the new state is prepared or the old one set aside: what a crash may leave there. */
  draft: DraftName,
})
export type Transition = z.infer<typeof Transition>

/** Whether two snapshots hold the same thing. Modes and times may differ: people touch files without changing them. */
export function sameContent(left: Snapshot, right: Snapshot): boolean {
  if (left.kind === 'file') return right.kind === 'file' && left.digest === right.digest
  if (left.kind === 'symlink') return right.kind === 'symlink' && left.target === right.target
  return right.kind === 'absent'
}

/** What was moved, as far as recognising it again needs: its bytes are not read for that. */
const Moved = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('file'), sizeBytes: z.int().min(0), modifiedUs: Nanoseconds }),
  z.strictObject({ kind: z.literal('symlink'), target: z.string() }),
  z.strictObject({ kind: z.literal('directory'), dev: z.string(), ino: z.string() }),
])
export type Moved = z.infer<typeof Moved>

/** A file, link or folder that went from one path to another. */
export const Move = z.strictObject({
  from: z.string().startsWith('/'),
  to: z.string().startsWith('/'),
  moved: Moved,
  /** Folders made for it, outermost first: undoing removes those that are empty. */
  folders: z.array(z.string().startsWith('/')),
})
export type Move = z.infer<typeof Move>

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
