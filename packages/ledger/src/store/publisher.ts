import { rm, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import type { StoredEntry } from '../journal/frame.ts'
import { listSegments } from '../journal/reader.ts'
import type { TileEdge } from '../merkle/edge.ts'
import { bundlePath, levelWidth, partialTiles, payloadPath, TILE_WIDTH, tilePath } from '../merkle/tiles.ts'
import { encodeEntryBundle, encodePayloadBundle } from './bundle.ts'
import { type FileToWrite, syncFolder, writeFileDurably, writeFilesDurably } from './files.ts'

/** Full bundles written at one go: bounds both the work between two folder syncs and what a crash repeats. */
const BUNDLES_AT_ONCE = 16

/** Files others read are 0644; the folder above decides who gets that far. */
const PUBLIC = 0o644

/** Writes full bundles and tiles for entries `from` on, at most {@link BUNDLES_AT_ONCE}; returns the new end. */
export async function writeBundles(
  dir: string,
  edge: TileEdge,
  from: number,
  entries: readonly StoredEntry[],
): Promise<number> {
  const bundles = Math.min(Math.floor(entries.length / TILE_WIDTH), BUNDLES_AT_ONCE)
  const end = from + bundles * TILE_WIDTH
  const files: FileToWrite[] = []
  for (let i = 0; i < bundles; i += 1) {
    const n = from / TILE_WIDTH + i
    const slice = entries.slice(i * TILE_WIDTH, (i + 1) * TILE_WIDTH)
    files.push({
      path: join(dir, bundlePath(n)),
      bytes: encodeEntryBundle(slice.map(({ leaf }) => leaf)),
      mode: PUBLIC,
    })
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

/**
 * Removes the partial files of tiles that have become full between a tree of `from` and one of `to` leaves: only then
 * may a reader of an older checkpoint be sent to the full tile (C2SP tlog-tiles, "Partial Tiles").
 */
export async function removePartials(dir: string, from: number, to: number): Promise<void> {
  for (let level = 0; levelWidth(to, level) >= TILE_WIDTH; level += 1) {
    const end = Math.floor(levelWidth(to, level) / TILE_WIDTH)
    for (let n = Math.floor(levelWidth(from, level) / TILE_WIDTH); n < end; n += 1) {
      await rm(join(dir, `${tilePath(level, n)}.p`), { recursive: true, force: true })
      if (level === 0) await rm(join(dir, `${bundlePath(n)}.p`), { recursive: true, force: true })
    }
  }
}
