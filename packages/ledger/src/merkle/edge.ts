import type { Frontier } from './frontier.ts'
import { HASH_BYTES } from './hash.ts'
import { TILE_HEIGHT, TILE_WIDTH } from './tiles.ts'

/** A full hash tile that is ready to be written. */
export interface FullTile {
  readonly level: number
  readonly n: number
  readonly bytes: Buffer
}

interface Level {
  /** Position of `hashes[0]` within the level; a multiple of 256. */
  start: number
  readonly hashes: Buffer[]
}

/**
 * The hashes that are not yet in full tiles on disk, level by level: the partial tile at the right edge of each
 * level, and full tiles until {@link TileEdge.drop} says they are written.
 */
export class TileEdge {
  readonly #levels: Level[] = []

  /** Takes up level `level` whose hashes from `start` on are `hashes`. Levels are set in order. */
  restore(level: number, start: number, hashes: readonly Buffer[]): void {
    this.#levels[level] = { start, hashes: [...hashes] }
  }

  /** Adds a leaf to the tree and keeps the hashes that tiles are made of. */
  add(frontier: Frontier, leaf: Buffer): void {
    frontier.add(leaf, (height, index, hash) => this.take(height, index, hash))
  }

  /** Keeps the hash of a complete subtree if it belongs into a tile. Subtrees come as the frontier forms them. */
  take(height: number, index: number, hash: Buffer): void {
    if (height % TILE_HEIGHT !== 0) return
    const level = height / TILE_HEIGHT
    this.#levels[level] ??= { start: 0, hashes: [] }
    const { start, hashes } = this.#levels[level]
    if (index !== start + hashes.length) throw new Error(`hash ${index} of level ${level} is out of order`)
    hashes.push(hash)
  }

  /** The hash at `position` of `level`, where it is held here. */
  hash(level: number, position: number): Buffer | undefined {
    const held = this.#levels[level]
    return held === undefined ? undefined : held.hashes[position - held.start]
  }

  /** `count` hashes of `level` from `position` on, where they are held here. */
  hashes(level: number, position: number, count: number): Buffer[] | undefined {
    const held = this.#levels[level]
    if (held === undefined || position < held.start) return undefined
    const at = position - held.start
    return at + count > held.hashes.length ? undefined : held.hashes.slice(at, at + count)
  }

  /** Full tiles of a tree of `size` leaves that are held here. */
  fullTiles(size: number): FullTile[] {
    return this.#levels.flatMap(({ start, hashes }, level) => {
      const total = Math.floor(size / TILE_WIDTH ** level)
      const tiles: FullTile[] = []
      for (let from = start; from + TILE_WIDTH <= total; from += TILE_WIDTH) {
        tiles.push({
          level,
          n: from / TILE_WIDTH,
          bytes: Buffer.concat(hashes.slice(from - start, from - start + TILE_WIDTH)),
        })
      }
      return tiles
    })
  }

  /** The bytes of a partial tile: hashes `n * 256` to `n * 256 + width` of `level`. */
  partial(level: number, n: number, width: number): Buffer {
    const { start, hashes } = this.#levels[level] as Level
    return Buffer.concat(hashes.slice(n * TILE_WIDTH - start, n * TILE_WIDTH - start + width), width * HASH_BYTES)
  }

  /** Forgets the hashes of tiles that now lie on disk. */
  drop(tiles: readonly FullTile[]): void {
    for (const { level, n } of tiles) {
      const held = this.#levels[level] as Level
      const count = (n + 1) * TILE_WIDTH - held.start
      if (count <= 0) continue
      held.hashes.splice(0, count)
      held.start += count
    }
  }
}
