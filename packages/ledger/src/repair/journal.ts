import { readFile, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { entryHash, isTombstone, tombstone } from '../entry/tombstone.ts'
import { encodeFrame, type Frame, readFrame, type StoredEntry } from '../journal/frame.ts'
import { finishCheckpoint } from '../journal/provisional.ts'
import { listSegments, readSegment } from '../journal/reader.ts'
import { encodeSegmentHeader, SEGMENT_BYTES } from '../journal/segment.ts'
import { SegmentWriter } from '../journal/writer.ts'
import type { Frontier } from '../merkle/frontier.ts'
import { sha256 } from '../merkle/hash.ts'
import { openCheckpoint } from '../note/checkpoint.ts'
import type { Signer, Verifier } from '../note/keys.ts'
import { digestOf, follow, type Losses, predecessorOf } from './bundles.ts'

export interface JournalParts {
  readonly dir: string
  readonly origin: string
  readonly verifiers: readonly Verifier[]
  readonly signer: Signer
  /** The tree of all entries before the journal; grows as frames are saved. */
  readonly frontier: Frontier
  /** Intents open at that point; followed likewise. */
  readonly open: Set<number>
  readonly losses: Losses
}

/**
 * Writes the journal again with everything that can be vouched for: frames as they are, frames with a tombstone where
 * one entry is damaged and its successor knows its hash. Ends at the first frame that cannot be saved. Returns whether
 * it reached the end.
 */
export async function mendJournal(parts: JournalParts): Promise<boolean> {
  const segments = await listSegments(parts.dir)
  for (const [i, { name, first }] of segments.entries()) {
    const path = join(parts.dir, 'journal', name)
    const whole = first === parts.frontier.size && (await mendSegment(parts, path, name, i === segments.length - 1))
    if (whole) continue
    const kept = first === parts.frontier.size && i > 0 ? i : i + 1
    for (const rest of segments.slice(kept)) await unlink(join(parts.dir, 'journal', rest.name))
    return false
  }
  return true
}

async function mendSegment(parts: JournalParts, path: string, name: string, last: boolean): Promise<boolean> {
  const { origin, frontier, open, losses } = parts
  const header = encodeSegmentHeader({ v: 1, origin, first: frontier.size, open: [...open].sort((a, b) => a - b) })
  const bytes = await readFile(path)
  const { frames, whole } = framesOf(bytes, name, frontier.size, last)
  const saved: Buffer[] = []
  for (const [i, frame] of frames.entries()) {
    frame.checkpoint.set(finishCheckpoint(frame.checkpoint, frame.checkpointAt, parts.signer) ?? [])
    const entries = mendFrame(parts, frame, frames[i + 1])
    if (entries === null) break
    for (const [at, { leaf }] of entries.entries()) {
      frontier.add(entryHash(leaf))
      follow(open, losses, leaf, frame.first + at)
    }
    saved.push(encodeFrame(frame.first, entries, frame.checkpoint.toString()))
  }
  const content = Buffer.concat([header, ...saved])
  await (await SegmentWriter.create(path, content, Math.max(SEGMENT_BYTES, content.length))).close()
  return whole && saved.length === frames.length
}

/** All frames of a segment that can be read in a row; `whole` unless damage ended the row. */
function framesOf(
  bytes: Buffer,
  name: string,
  first: number,
  last: boolean,
): { frames: readonly Frame[]; whole: boolean } {
  try {
    const { frames, stop } = readSegment(bytes, name, last)
    return { frames, whole: stop.kind !== 'damaged' }
  } catch {
    // Its header is damaged. Frames say themselves where they belong; the first starts where one can be read.
    for (let start = 32; start < bytes.length; start += 32) {
      const frames: Frame[] = []
      let next = first
      for (let at = start; ; ) {
        const read = readFrame(bytes, at, next)
        if (read.kind !== 'frame') {
          if (frames.length > 0) return { frames, whole: read.kind === 'end' || (last && read.kind === 'torn') }
          break
        }
        frames.push(read.frame)
        at = read.frame.end
        next += read.frame.entries.length
      }
    }
    return { frames: [], whole: false }
  }
}

/** The entries of a frame as far as its signed root vouches for them; null where it does not. */
function mendFrame(
  { origin, verifiers, frontier, losses }: JournalParts,
  frame: Frame,
  next: Frame | undefined,
): StoredEntry[] | null {
  let root: Buffer
  try {
    const checkpoint = openCheckpoint(frame.checkpoint, verifiers)
    if (
      checkpoint.origin !== origin ||
      checkpoint.size !== frame.first + frame.entries.length ||
      frame.first !== frontier.size
    )
      return null
    root = checkpoint.root
  } catch {
    return null
  }
  const successors = [...frame.entries.slice(1), next?.entries[0]]
  const mended = frame.entries.map((entry, i) => {
    const right = predecessorOf(successors[i]?.leaf)
    return right === undefined || right.equals(entryHash(entry.leaf))
      ? entry
      : { leaf: tombstone(right), payload: Buffer.alloc(0) }
  })
  const tree = frontier.clone()
  for (const { leaf } of mended) tree.add(entryHash(leaf))
  if (!tree.root().equals(root)) return null
  return mended.map(({ leaf, payload }, i) => {
    const index = frame.first + i
    if (isTombstone(leaf)) losses.entries.push(index)
    if (payload.length === 0 || sha256(payload).toString('hex') === digestOf(leaf)) return { leaf, payload }
    losses.payloads.push(index)
    return { leaf, payload: Buffer.alloc(0) }
  })
}
