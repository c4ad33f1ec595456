import { type FileHandle, open, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { damaged } from '../error.ts'
import { READ } from '../store/open-flags.ts'
import { type Frame, type FrameRead, isTorn, readFrame } from './frame.ts'
import { decodeSegmentHeader, type SegmentHeader, segmentFirst } from './segment.ts'

/** No segment is larger: one is 4 MiB, unless a single batch takes more, and that ends with the payload that fills it. */
const MOST_BYTES = 64 * 1024 * 1024

/** One segment read into memory, and what its frames say structurally; the caller checks roots and signatures. */
export interface SegmentRead {
  readonly name: string
  readonly header: SegmentHeader
  readonly bytes: Buffer
  readonly frames: readonly Frame[]
  /** Offset just after the last frame. */
  readonly end: number
  /** Why reading stopped at `end`. `torn` only in the last segment: an unfinished, never acknowledged write. */
  readonly stop: Exclude<FrameRead, { kind: 'frame' }>
}

/**
 * The journal as it stood when it was opened: all segments are held open, so that a writer which removes them
 * meanwhile takes nothing away from the reader.
 */
export class JournalReader {
  readonly #handles: { name: string; handle: FileHandle }[]

  private constructor(handles: { name: string; handle: FileHandle }[]) {
    this.#handles = handles
  }

  static async open(dir: string): Promise<JournalReader> {
    for (let attempt = 0; ; attempt += 1) {
      const names = (await listSegments(dir)).map(({ name }) => name)
      const handles: { name: string; handle: FileHandle }[] = []
      try {
        for (const name of names) handles.push({ name, handle: await open(join(dir, 'journal', name), READ) })
        return new JournalReader(handles)
      } catch (error) {
        await Promise.all(handles.map(({ handle }) => handle.close()))
        // A segment that went between listing and opening was made needless by a writer; look again.
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || attempt >= 20) throw error
      }
    }
  }

  /** Index of the first entry in the journal, or null where there is no segment. */
  get first(): number | null {
    const [oldest] = this.#handles
    return oldest === undefined ? null : segmentFirst(oldest.name)
  }

  /**
   * Segments in order, one in memory at a time. Without `keep` the bytes of each are overwritten by the next: whoever
   * needs them longer copies them.
   */
  async *segments({ keep }: { keep: boolean }): AsyncGenerator<SegmentRead> {
    let next: number | null = null
    let room = Buffer.alloc(0)
    for (const [i, { name, handle }] of this.#handles.entries()) {
      const { size } = await handle.stat()
      if (size > MOST_BYTES)
        throw damaged(`Journal segment ${name} has ${size} bytes, more than any segment`, { file: `journal/${name}` })
      if (keep || room.length < size) room = Buffer.alloc(size)
      const bytes = await readWhole(handle, room.subarray(0, size))
      const segment = readSegment(bytes, name, i === this.#handles.length - 1)
      if (next !== null && segment.header.first !== next) {
        throw damaged(`The journal goes from entry ${next - 1} to entry ${segment.header.first}`, { index: next })
      }
      next = segment.header.first + segment.frames.reduce((sum, frame) => sum + frame.entries.length, 0)
      yield segment
    }
  }

  /** Whether a writer has removed or replaced a segment since: one that is replaced (an erasure) is overwritten, too. */
  async stale(): Promise<boolean> {
    for (const { handle } of this.#handles) if ((await handle.stat()).nlink === 0) return true
    return false
  }

  async close(): Promise<void> {
    await Promise.all(this.#handles.map(({ handle }) => handle.close()))
  }
}

export async function listSegments(dir: string): Promise<{ name: string; first: number }[]> {
  const names = await readdir(join(dir, 'journal')).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [] as string[]
    throw error
  })
  return names
    .map((name) => ({ name, first: segmentFirst(name) }))
    .filter((segment): segment is { name: string; first: number } => segment.first !== null)
    .sort((a, b) => a.first - b.first)
}

export function readSegment(bytes: Buffer, name: string, last: boolean): SegmentRead {
  const { header, frames: start } = decodeSegmentHeader(bytes, name)
  const frames: Frame[] = []
  let at = start
  let next = header.first
  for (;;) {
    const read = readFrame(bytes, at, next)
    if (read.kind !== 'frame') {
      const stop = read.kind === 'torn' && !last ? cutOff(name, next) : read
      return { name, header, bytes, frames, end: at, stop }
    }
    frames.push(read.frame)
    at = read.frame.end
    next += read.frame.entries.length
  }
}

/** Whether the last frame of a segment, found not to verify, is a torn write rather than damage. */
export function isTornFrame(segment: SegmentRead, frame: Frame): boolean {
  return frame === segment.frames.at(-1) && isTorn(segment.bytes, frame.start, frame.end)
}

function cutOff(name: string, index: number): SegmentRead['stop'] {
  return {
    kind: 'damaged',
    error: damaged(`Journal segment ${name} is cut off at entry ${index}`, { index, file: `journal/${name}` }),
  }
}

async function readWhole(handle: FileHandle, bytes: Buffer): Promise<Buffer> {
  let at = 0
  while (at < bytes.length) {
    const { bytesRead } = await handle.read(bytes, at, bytes.length - at, at)
    if (bytesRead === 0) return bytes.subarray(0, at)
    at += bytesRead
  }
  return bytes
}
