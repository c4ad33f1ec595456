import { Frontier } from '../merkle/frontier.ts'
import { levelWidth, TILE_HEIGHT, TILE_WIDTH } from '../merkle/tiles.ts'
import { restoreTree } from '../store/restore.ts'
import type { Watchlist } from './watch.ts'

/** Called with the bytes of each full tile above level 0 as it completes. */
export type OnTile = (level: number, n: number, bytes: Buffer) => void

/** Rebuilds the tree and its tiles from leaf hashes: what the disk holds is compared with this, never trusted. */
export class TreeCheck {
  #frontier: Frontier
  /** The partial tile at the right edge of each level. */
  readonly #levels: { n: number; hashes: Buffer[] }[] = []
  readonly #watchlist: Watchlist
  readonly #onTile: OnTile

  constructor(watchlist: Watchlist, onTile: OnTile) {
    this.#frontier = new Frontier()
    this.#watchlist = watchlist
    this.#onTile = onTile
    this.#see()
  }

  /** Goes on at entry `base`, a multiple of 256, from the full tiles on disk; a root checked later vouches for them. */
  resume(dir: string, base: number): void {
    const { frontier, edge } = restoreTree(dir, base)
    this.#frontier = frontier
    for (let level = 0; levelWidth(base, level) > 0; level += 1) {
      const total = levelWidth(base, level)
      const n = Math.floor(total / TILE_WIDTH)
      const hashes: Buffer[] = []
      for (let at = n * TILE_WIDTH; at < total; at += 1) hashes.push(edge.hash(level, at) as Buffer)
      this.#levels[level] = { n, hashes }
    }
    this.#see()
  }

  get size(): number {
    return this.#frontier.size
  }

  root(): Buffer {
    return this.#frontier.root()
  }

  /** The root this tree would have with these leaves added. */
  rootAfter(leaves: readonly Buffer[]): Buffer {
    const frontier = this.#frontier.clone()
    for (const leaf of leaves) frontier.add(leaf)
    return frontier.root()
  }

  add(leaf: Buffer): void {
    this.#frontier.add(leaf, (height, index, hash) => {
      if (height % TILE_HEIGHT === 0) this.#take(height / TILE_HEIGHT, index, hash)
    })
    this.#see()
  }

  /** The hashes of tile `n` of `level` so far; null where that tile is not the one at the edge. */
  edge(level: number, n: number): readonly Buffer[] | null {
    const held = this.#levels[level]
    return held !== undefined && held.n === n ? held.hashes : null
  }

  #take(level: number, index: number, hash: Buffer): void {
    this.#levels[level] ??= { n: 0, hashes: [] }
    const held = this.#levels[level]
    held.hashes.push(hash)
    if ((index + 1) % TILE_WIDTH !== 0) return
    if (level > 0) this.#onTile(level, held.n, Buffer.concat(held.hashes))
    this.#levels[level] = { n: held.n + 1, hashes: [] }
  }

  #see(): void {
    if (this.#watchlist.wants(this.size)) this.#watchlist.see(this.size, this.root())
  }
}
