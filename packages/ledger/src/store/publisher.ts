import { rm, rmdir, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { listSegments } from '../journal/reader.ts'
import type { StoredEntry } from '../journal/frame.ts'
import type { TileEdge } from '../merkle/edge.ts'
import { bundlePath, partialTiles, payloadPath, TILE_WIDTH, tilePath } from '../merkle/tiles.ts'
import { encodeEntryBundle, encodePayloadBundle } from './bundle.ts'
import { type FileToWrite, syncFolder, writeFileDurably, writeFilesDurably } from './files.ts'

/** Full bundles written at one go: bounds both the work between two folder syncs and what a crash repeats. */
const BUNDLES_AT_ONCE = 16

/** Files others read are 0644; the folder above decides who gets that far. */
const PUBLIC = 0o644

/** Writes full bundles and tiles for entries `from` on, at most {@link BUNDLES_AT_ONCE}; returns the new end. */
export async function writeBundles(dir: string, edge: TileEdge, from: number, entries: readonly StoredEntry[]): Promise<number> {
  const bundles = Math.min(Math.floor(entries.length / TILE_WIDTH), BUNDLES_AT_ONCE)
  const end = from + bundles * TILE_WIDTH
  const files: FileToWrite[] = []
  for (let i = 0; i < bundles; i += 1) {
    const n = from / TILE_WIDTH + i
    const slice = entries.slice(i * TILE_WIDTH, (i + 1) * TILE_WIDTH)
    files.push({ path: join(dir, bundlePath(n)), bytes: encodeEntryBundle(slice.map(({ leaf }) => leaf)), mode: PUBLIC })
    files.push({ path: join(dir, payloadPath(n)), bytes: encodePayloadBundle(slice.map(({ payload }) => payload)) })
  }
  const tiles = edge.fullTiles(end)
  for (const { level, n, bytes } of tiles) files.push({ path: join(dir, tilePath(level, n)), bytes, mode: PUBLIC })
  await writeFilesDurably(files)
  edge.drop(tiles)
  return end
}

/** Removes the journal segments all of whose entries are below `end`; the newest one always stays. */
export async function removeSegments(dir: string, end: number): Promise<void> {
  const segments = await listSegments(dir)
  let removed = false
  for (const [i, { name }] of segments.entries()) {
    const next = segments[i + 1]
    if (next === undefined || next.first > end) break
    await unlink(join(dir, 'journal', name))
    removed = true
  }
  if (removed) await syncFolder(join(dir, 'journal'))
}

/** Paths of the partial tiles and the partial bundle that a tree of `size` leaves has. */
export function partialPaths(size: number): string[] {
  const paths = partialTiles(size).map(({ level, n, width }) => tilePath(level, n, width))
  const width = size % TILE_WIDTH
  return width === 0 ? paths : [...paths, bundlePath(Math.floor(size / TILE_WIDTH), width)]
}

/**
 * What readers of the C2SP layout find: the partial tiles of a tree of `size` leaves, then its checkpoint. `leaves`
 * are those beyond the last full bundle.
 */
export async function publishHead(
  dir: string,
  edge: TileEdge,
  size: number,
  leaves: readonly Buffer[],
  checkpoint: string,
): Promise<void> {
  const files: FileToWrite[] = partialTiles(size).map(({ level, n, width }) => ({
    path: join(dir, tilePath(level, n, width)),
    bytes: edge.partial(level, n, width),
    mode: PUBLIC,
  }))
  if (leaves.length > 0) {
    const path = bundlePath(Math.floor(size / TILE_WIDTH), leaves.length)
    files.push({ path: join(dir, path), bytes: encodeEntryBundle(leaves), mode: PUBLIC })
  }
  await writeFilesDurably(files)
  await writeFileDurably(join(dir, 'checkpoint'), checkpoint, PUBLIC)
}

/** Removes partial files that a newer checkpoint made needless, and the folders that held only them. */
export async function removePartials(dir: string, paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    await rm(join(dir, path), { force: true })
    await rmdir(dirname(join(dir, path))).catch(() => undefined)
  }
}
