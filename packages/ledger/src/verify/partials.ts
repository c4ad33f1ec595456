import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { HASH_BYTES } from '../merkle/hash.ts'
import { bundlePath, TILE_WIDTH, tileNumberPath, tilePath } from '../merkle/tiles.ts'
import { encodeEntryBundle } from '../store/bundle.ts'
import { listFiles } from '../store/files.ts'
import { READ } from '../store/open-flags.ts'
import type { Findings } from './findings.ts'
import type { TreeCheck } from './tree.ts'

/**
 * Compares every partial hash tile and partial entry bundle with the tree: a partial file is the beginning of what
 * belongs there. `leaves` are the entries beyond the last full bundle.
 */
export async function checkPartials(
  dir: string,
  tree: TreeCheck,
  leaves: readonly Buffer[],
  findings: Findings,
): Promise<void> {
  for (const path of await listPartials(dir)) {
    const partial = parsePartial(path)
    const bytes = await readFile(join(dir, path), { flag: READ }).catch(() => null)
    // A writer replaces partial files all the time; one that just went is no finding.
    if (partial === null || bytes === null) continue
    const { level, n, width } = partial
    const right =
      level === 'entries' ? await bundleStart(dir, tree, n, width, leaves) : await tileStart(dir, tree, level, n, width)
    if (right === null || right.equals(bytes)) continue
    const position =
      level === 'entries' ? entryAt(right, firstDifference(right, bytes)) : hashAt(firstDifference(right, bytes))
    const index = level === 'entries' ? n * TILE_WIDTH + position : (n * TILE_WIDTH + position) * TILE_WIDTH ** level
    findings.add({
      kind: 'altered',
      subject: level === 'entries' ? 'entry' : 'tile',
      index,
      file: path,
      message: `${path} is not as written: it differs from what was logged at entry ${index}.`,
    })
  }
}

/** Offset of the first byte in which they differ; where one is the beginning of the other, the shorter one's length. */
function firstDifference(right: Buffer, bytes: Buffer): number {
  const shared = Math.min(right.length, bytes.length)
  for (let i = 0; i < shared; i += 1) if (right[i] !== bytes[i]) return i
  return shared
}

/** Which hash of a tile an offset lies in. */
function hashAt(offset: number): number {
  return Math.floor(offset / 32)
}

/** Which entry of a bundle an offset lies in; entries are prefixed with their length. */
function entryAt(bundle: Buffer, offset: number): number {
  let position = 0
  for (let end = 0; end < bundle.length; position += 1) {
    end += 2 + bundle.readUInt16BE(end)
    if (offset < end) return position
  }
  return Math.max(0, position - 1)
}

/** Paths of all partial tiles and bundles below the log's folder. */
async function listPartials(dir: string): Promise<string[]> {
  return (await listFiles(join(dir, 'tile'))).filter((path) => /\.p\/\d+$/.test(path)).map((path) => `tile/${path}`)
}

function parsePartial(path: string): { level: number | 'entries'; n: number; width: number } | null {
  const match = /^tile\/(\d{1,2}|entries)\/((?:x\d{3}\/)*\d{3})\.p\/([1-9]\d{0,2})$/.exec(path)
  if (match === null) return null
  const n = Number((match[2] as string).replaceAll(/[x/]/g, ''))
  const width = Number(match[3])
  return width < TILE_WIDTH && tileNumberPath(n) === match[2]
    ? { level: match[1] === 'entries' ? 'entries' : Number(match[1]), n, width }
    : null
}

/** The first `width` hashes that belong into a tile; null where the log as read does not reach that far. */
async function tileStart(
  dir: string,
  tree: TreeCheck,
  level: number,
  n: number,
  width: number,
): Promise<Buffer | null> {
  const edge = tree.edge(level, n)
  if (edge !== null) return edge.length < width * HASH_BYTES ? null : edge.subarray(0, width * HASH_BYTES)
  const full = await readFile(join(dir, tilePath(level, n)), { flag: READ }).catch(() => null)
  return full === null ? null : full.subarray(0, width * HASH_BYTES)
}

async function bundleStart(
  dir: string,
  tree: TreeCheck,
  n: number,
  width: number,
  leaves: readonly Buffer[],
): Promise<Buffer | null> {
  if (tree.edge(0, n) === null) {
    const full = await readFile(join(dir, bundlePath(n)), { flag: READ }).catch(() => null)
    if (full === null) return null
    let end = 0
    for (let i = 0; i < width; i += 1) {
      if (end + 2 > full.length) return null
      end += 2 + full.readUInt16BE(end)
    }
    return full.subarray(0, end)
  }
  if (leaves.length < width) return null
  return encodeEntryBundle(leaves.slice(0, width))
}
