import { canonicalJson } from '@castellan/contracts'
import { z } from 'zod'
import { damaged } from '../error.ts'
import { sha256 } from '../merkle/hash.ts'

/**
 * A segment of the journal: `journal/<first index, 16 digits>.seg`. It starts with
 *
 *     "CLSEG1\n\0" | u32 length | canonical JSON of {@link SegmentHeader} | SHA-256 of all before | zeros to a multiple of 32
 *
 * frames follow, then zeros: the file is filled before it is used, so that an append changes data and never metadata.
 */
const MAGIC = Buffer.from('CLSEG1\n\0')
const ALIGNMENT = 32

/** Bytes a segment has at least: it is filled before it is used. A larger frame makes a larger one. */
export const SEGMENT_BYTES = 4 * 1024 * 1024

export const SegmentHeader = z.strictObject({
  v: z.literal(1),
  origin: z.string(),
  first: z.int().min(0),
  /** Intents without outcome when the segment began: at start nothing older has to be read. */
  open: z.array(z.int().min(0)),
})
export type SegmentHeader = z.infer<typeof SegmentHeader>

export function segmentName(first: number): string {
  return `${String(first).padStart(16, '0')}.seg`
}

/** The first index a segment's file name states, or null for a file that is no segment. */
export function segmentFirst(name: string): number | null {
  const match = /^(\d{16})\.seg$/.exec(name)
  return match === null ? null : Number(match[1])
}

export function encodeSegmentHeader(header: SegmentHeader): Buffer {
  const json = Buffer.from(canonicalJson(header))
  const length = Buffer.alloc(4)
  length.writeUInt32BE(json.length)
  const checked = Buffer.concat([MAGIC, length, json])
  const bytes = Buffer.alloc(Math.ceil((checked.length + 32) / ALIGNMENT) * ALIGNMENT)
  bytes.set(checked)
  bytes.set(sha256(checked), checked.length)
  return bytes
}

/** Reads a segment's header; `frames` is where its first frame starts. */
export function decodeSegmentHeader(segment: Buffer, name: string): { header: SegmentHeader; frames: number } {
  const bad = (cause?: unknown) =>
    damaged(`The header of journal segment ${name} is not as written`, { file: `journal/${name}` }, cause)
  if (segment.length < 12 || !segment.subarray(0, 8).equals(MAGIC)) throw bad()
  const end = 12 + segment.readUInt32BE(8)
  const frames = Math.ceil((end + 32) / ALIGNMENT) * ALIGNMENT
  if (frames > segment.length || !sha256(segment.subarray(0, end)).equals(segment.subarray(end, end + 32))) throw bad()
  if (!segment.subarray(end + 32, frames).every((byte) => byte === 0)) throw bad()
  let header: SegmentHeader
  try {
    header = SegmentHeader.parse(JSON.parse(segment.toString('utf8', 12, end)))
  } catch (cause) {
    throw bad(cause)
  }
  if (header.first !== segmentFirst(name)) throw bad()
  return { header, frames }
}
