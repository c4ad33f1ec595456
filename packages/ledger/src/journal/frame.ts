import { damaged, type LedgerError } from '../error.ts'
import { sha256 } from '../merkle/hash.ts'

/**
 * A frame is one durable batch of the journal, all numbers big-endian:
 *
 *     magic "CLF1" | u32 body length | u32 entries | u64 first index | u32 checkpoint length | 8 bytes of SHA-256 over these
 *     body: for each entry  u16 leaf length | leaf | u32 payload length | encrypted payload record
 *     checkpoint: C2SP signed note over the tree that ends with this batch
 *     zeros up to a multiple of 32, so that no header straddles two sectors
 *
 * No byte is free: the header by its hash, leaves by the root in the checkpoint, payloads by the digest in their
 * leaves, the checkpoint by its signature (which follows the frame: see `provisional.ts`).
 */
export const FRAME_HEADER_BYTES = 32
const MAGIC = 0x434c4631
const CHECKED_BYTES = 24
const ALIGNMENT = 32
/** What a disk writes whole or not at all. */
export const SECTOR_BYTES = 512

export interface StoredEntry {
  readonly leaf: Buffer
  /** Encrypted record; empty where the entry has no payload. */
  readonly payload: Buffer
}

export function storedBytes(entries: readonly StoredEntry[]): number {
  return entries.reduce((sum, { leaf, payload }) => sum + leaf.length + payload.length, 0)
}

export interface Frame {
  readonly first: number
  readonly entries: readonly StoredEntry[]
  readonly checkpoint: Buffer
  /** Where the frame starts and ends in its segment, and where in it the checkpoint lies. */
  readonly start: number
  readonly checkpointAt: number
  readonly end: number
}

export function encodeFrame(first: number, entries: readonly StoredEntry[], checkpoint: string): Buffer {
  const note = Buffer.from(checkpoint)
  const bodyLength = entries.reduce((sum, { leaf, payload }) => sum + 6 + leaf.length + payload.length, 0)
  const frame = Buffer.alloc(align(FRAME_HEADER_BYTES + bodyLength + note.length))
  frame.writeUInt32BE(MAGIC, 0)
  frame.writeUInt32BE(bodyLength, 4)
  frame.writeUInt32BE(entries.length, 8)
  frame.writeBigUInt64BE(BigInt(first), 12)
  frame.writeUInt32BE(note.length, 20)
  frame.set(sha256(frame.subarray(0, CHECKED_BYTES)).subarray(0, 8), CHECKED_BYTES)
  let at = FRAME_HEADER_BYTES
  for (const { leaf, payload } of entries) {
    at = frame.writeUInt16BE(leaf.length, at)
    frame.set(leaf, at)
    at = frame.writeUInt32BE(payload.length, at + leaf.length)
    frame.set(payload, at)
    at += payload.length
  }
  frame.set(note, at)
  return frame
}

/** Where in an encoded frame its checkpoint starts. */
export function checkpointOffset(frame: Buffer): number {
  return FRAME_HEADER_BYTES + frame.readUInt32BE(4)
}

/** What lies at `start` of a segment: a frame, the end of what was written, a write cut short, or damage. */
export type FrameRead =
  | { readonly kind: 'frame'; readonly frame: Frame }
  | { readonly kind: 'end' }
  /** `started`: its header is there. Without one only the disk's own reordering can have left these bytes. */
  | { readonly kind: 'torn'; readonly started: boolean }
  | { readonly kind: 'damaged'; readonly error: LedgerError }

/** Reads the frame at `start`. `next` is the index its first entry must have. */
export function readFrame(segment: Buffer, start: number, next: number): FrameRead {
  const bad = (why: string): FrameRead => ({
    kind: 'damaged',
    error: damaged(`The journal is damaged at entry ${next}: ${why}`, { index: next, offset: start }),
  })
  if (isZero(segment, start, segment.length)) return { kind: 'end' }
  if (start + FRAME_HEADER_BYTES > segment.length) return bad('a frame header is cut off')
  const header = segment.subarray(start, start + FRAME_HEADER_BYTES)
  if (!sha256(header.subarray(0, CHECKED_BYTES)).subarray(0, 8).equals(header.subarray(CHECKED_BYTES))) {
    return hasZeroSector(segment, start, start + FRAME_HEADER_BYTES)
      ? { kind: 'torn', started: false }
      : bad('a frame header is not as written')
  }
  const first = Number(header.readBigUInt64BE(12))
  if (header.readUInt32BE(0) !== MAGIC || first !== next) return bad(`a frame of entry ${first} lies there`)
  const bodyEnd = start + FRAME_HEADER_BYTES + header.readUInt32BE(4)
  const noteEnd = bodyEnd + header.readUInt32BE(20)
  const end = align(noteEnd)
  if (end > segment.length) return { kind: 'torn', started: true }
  const entries = readBody(segment, start + FRAME_HEADER_BYTES, bodyEnd, header.readUInt32BE(8))
  if (entries === null) return tornOr(segment, start, end, bad('the entries of a frame do not fill it'))
  if (!isZero(segment, noteEnd, end)) return bad('the padding of a frame is not empty')
  const checkpoint = segment.subarray(bodyEnd, noteEnd)
  return { kind: 'frame', frame: { first, entries, checkpoint, start, checkpointAt: bodyEnd, end } }
}

/** A frame that does not verify was torn by a power cut if a whole sector of it never reached the disk. */
export function isTorn(segment: Buffer, start: number, end: number): boolean {
  return hasZeroSector(segment, start, end)
}

function tornOr(segment: Buffer, start: number, end: number, otherwise: FrameRead): FrameRead {
  return isTorn(segment, start, end) ? { kind: 'torn', started: true } : otherwise
}

function readBody(segment: Buffer, start: number, end: number, count: number): StoredEntry[] | null {
  const entries: StoredEntry[] = []
  let at = start
  for (let i = 0; i < count; i += 1) {
    if (at + 2 > end) return null
    const leafEnd = at + 2 + segment.readUInt16BE(at)
    if (leafEnd + 4 > end) return null
    const payloadEnd = leafEnd + 4 + segment.readUInt32BE(leafEnd)
    if (payloadEnd > end) return null
    entries.push({ leaf: segment.subarray(at + 2, leafEnd), payload: segment.subarray(leafEnd + 4, payloadEnd) })
    at = payloadEnd
  }
  return at === end && count > 0 ? entries : null
}

/** Whether the part of some sector that belongs to `[start, end)` is all zero; with both aligned that is 32 bytes or more. */
function hasZeroSector(segment: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; ) {
    const stop = Math.min(end, (Math.floor(at / SECTOR_BYTES) + 1) * SECTOR_BYTES)
    if (isZero(segment, at, stop)) return true
    at = stop
  }
  return false
}

function align(offset: number): number {
  return Math.ceil(offset / ALIGNMENT) * ALIGNMENT
}

function isZero(bytes: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at += 1) if (bytes[at] !== 0) return false
  return true
}
