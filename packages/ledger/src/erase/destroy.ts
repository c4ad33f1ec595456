import { type FileHandle, open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { LogWriter } from '../append/log-writer.ts'
import type { LogState } from '../append/state.ts'
import { fromSystemError } from '../error.ts'
import { encodeFrame, type StoredEntry } from '../journal/frame.ts'
import { listSegments, readSegment } from '../journal/reader.ts'
import { SEGMENT_BYTES } from '../journal/segment.ts'
import { SegmentWriter } from '../journal/writer.ts'
import { payloadPath, TILE_WIDTH } from '../merkle/tiles.ts'
import { decodePayloadBundle, encodePayloadBundle } from '../store/bundle.ts'
import { writeFileDurably } from '../store/files.ts'

/** Entries `first` to `last`, both inclusive. */
export interface IndexRange {
  readonly first: number
  readonly last: number
}

const NOTHING = Buffer.alloc(0)

/**
 * Destroys the payload records of a range wherever they lie: in memory, in bundles, in the journal. Leaves and their
 * hashes stay. What the files held before is overwritten with zeros; copies that a file system, an SSD or a backup
 * keeps are beyond reach. Runs between two batches, while no settling is under way.
 */
export async function destroyPayloads(
  dir: string,
  state: LogState,
  writer: LogWriter,
  range: IndexRange,
): Promise<void> {
  state.tail = state.tail.map((entry, i) => without(entry, state.tailStart + i, range))
  await clearBundles(dir, range)
  await clearJournal(dir, writer, range)
}

async function clearBundles(dir: string, range: IndexRange): Promise<void> {
  for (let n = Math.floor(range.first / TILE_WIDTH); n * TILE_WIDTH <= range.last; n += 1) {
    const path = join(dir, payloadPath(n))
    const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return null
      throw error
    })
    if (bytes === null) continue
    const records = decodePayloadBundle(bytes, n * TILE_WIDTH, TILE_WIDTH)
    const kept = records.map((record, i) => (covers(range, n * TILE_WIDTH + i) ? NOTHING : record))
    if (records.some((record, i) => record.length !== (kept[i] as Buffer).length)) {
      await replacing(path, () => writeFileDurably(path, encodePayloadBundle(kept)))
    }
  }
}

async function clearJournal(dir: string, writer: LogWriter, range: IndexRange): Promise<void> {
  const segments = await listSegments(dir)
  for (const [i, { name, first }] of segments.entries()) {
    const next = segments[i + 1]?.first ?? Number.POSITIVE_INFINITY
    if (next <= range.first || first > range.last) continue
    const path = join(dir, 'journal', name)
    const bytes = await readFile(path)
    const segment = readSegment(bytes, name, next === Number.POSITIVE_INFINITY)
    const frames = segment.frames.map((frame) =>
      encodeFrame(
        frame.first,
        frame.entries.map((entry, at) => without(entry, frame.first + at, range)),
        frame.checkpoint.toString(),
      ),
    )
    const start = segment.frames[0]?.start ?? segment.end
    const content = Buffer.concat([bytes.subarray(0, start), ...frames])
    const active = path === writer.segmentPath
    try {
      await replacing(path, async () => {
        const fresh = await SegmentWriter.create(path, content, Math.max(SEGMENT_BYTES, content.length))
        if (active) await writer.replaceSegment(fresh)
        else await fresh.close()
      })
    } catch (error) {
      // The writer may be left with a file that has lost its name: nothing it wrote there would ever be found.
      if (active) writer.fail(fromSystemError(error, 'Rewriting the journal'))
      throw error
    }
  }
}

/** Runs `replace`, which puts a new file at `path`, then overwrites what the old file held. */
async function replacing(path: string, replace: () => Promise<void>): Promise<void> {
  const old: FileHandle = await open(path, 'r+')
  try {
    await replace()
    const { size } = await old.stat()
    await old.write(Buffer.alloc(size), 0, size, 0)
    await old.sync()
  } finally {
    await old.close()
  }
}

function without(entry: StoredEntry, index: number, range: IndexRange): StoredEntry {
  return covers(range, index) ? { leaf: entry.leaf, payload: NOTHING } : entry
}

function covers({ first, last }: IndexRange, index: number): boolean {
  return first <= index && index <= last
}
