import { TileEdge } from '../merkle/edge.ts'
import { edgeOf, Frontier } from '../merkle/frontier.ts'
import { rootOf } from '../merkle/hash.ts'
import { levelWidth, TILE_HEIGHT, TILE_WIDTH } from '../merkle/tiles.ts'
import { tileHashes, tileRoot } from './tile-reader.ts'

/**
 * The tree of the first `size` leaves, taken from full tiles alone: at most 255 tile reads a level, whatever the
 * number of entries. Whether it is the right tree shows at the next signed root.
 */
export function restoreTree(dir: string, size: number): { frontier: Frontier; edge: TileEdge } {
  const edge = new TileEdge()
  // Leaves beyond the last full bundle boundary come from the full tile that holds them.
  const base = Math.floor(size / TILE_WIDTH) * TILE_WIDTH
  for (let level = 0; levelWidth(base, level) > 0; level += 1) {
    const total = levelWidth(base, level)
    const start = Math.floor(total / TILE_WIDTH) * TILE_WIDTH
    const hashes: Buffer[] = []
    for (let n = start; n < total; n += 1) hashes.push(tileRoot(dir, level - 1, n))
    edge.restore(level, start, hashes)
  }
  const frontier = Frontier.from(
    base,
    edgeOf(base).map(({ level, index }) => {
      const tileLevel = Math.floor(level / TILE_HEIGHT)
      const width = 2 ** (level % TILE_HEIGHT)
      const hashes: Buffer[] = []
      for (let i = 0; i < width; i += 1) hashes.push(edge.hash(tileLevel, index * width + i) as Buffer)
      return rootOf(hashes)
    }),
  )
  if (size > base)
    for (const leaf of tileHashes(dir, 0, base / TILE_WIDTH).slice(0, size - base)) edge.add(frontier, leaf)
  return { frontier, edge }
}
