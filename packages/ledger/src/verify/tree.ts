import { emptyRoot } from '../merkle/hash.ts'
import { bytesOf, type TextHash, TextHasher, textOf } from '../merkle/text-hasher.ts'
import { levelWidth, TILE_HEIGHT, TILE_WIDTH } from '../merkle/tiles.ts'
import { restoreTree } from '../store/restore.ts'
import type { Watchlist } from './watch.ts'

/** Called with the bytes of each full tile as it completes. */
export type OnTile = (level: number, n: number, bytes: () => Buffer) => void

/** Rebuilds the tree and its tiles from leaf hashes: what the disk holds is compared with this, never trusted. */
export class TreeCheck {
  readonly #hasher = new TextHasher()
  readonly #watchlist: Watchlist
  readonly #onTile: OnTile
  /** Complete subtrees, largest first, as in `Frontier`. */
  #edge: TextHash[] = []
  #size = 0
  /** The partial tile at the right edge of each level. */
  readonly #levels: { n: number; hashes: TextHash[] }[] = []

  constructor(watchlist: Watchlist, onTile: OnTile) {
    this.#watchlist = watchlist
    this.#onTile = onTile
    this.#see()
  }

  /** Goes on at entry `base`, a multiple of 256, from the full tiles on disk; a root checked later vouches for them. */
  resume(dir: string, base: number): void {
    const { frontier, edge } = restoreTree(dir, base)
    this.#edge = frontier.subtrees.map(textOf)
    this.#size = base
    for (let level = 0; levelWidth(base, level) > 0; level += 1) {
      const total = levelWidth(base, level)
      const n = Math.floor(total / TILE_WIDTH)
      const hashes: TextHash[] = []
      for (let at = n * TILE_WIDTH; at < total; at += 1) hashes.push(textOf(edge.hash(level, at) as Buffer))
      this.#levels[level] = { n, hashes }
    }
    this.#see()
  }

  get size(): number {
    return this.#size
  }

  root(): Buffer {
    return this.#rootOf(this.#edge)
  }

  /** The root this tree would have with these leaves added. */
  rootAfter(leaves: readonly TextHash[]): Buffer {
    const edge = [...this.#edge]
    for (const [i, leaf] of leaves.entries()) this.#push(edge, this.#size + i, leaf)
    return this.#rootOf(edge)
  }

  add(leaf: TextHash): void {
    this.#push(this.#edge, this.#size, leaf, true)
    this.#size += 1
    this.#see()
  }

  /** The hashes of tile `n` of `level` so far; null where that tile is not the one at the edge. */
  edge(level: number, n: number): Buffer | null {
    const held = this.#levels[level]
    return held !== undefined && held.n === n ? bytesOf(held.hashes.join('')) : null
  }

  #push(edge: TextHash[], size: number, leaf: TextHash, keep = false): void {
    let hash = leaf
    let height = 0
    let index = size
    if (keep) this.#take(0, index, hash)
    while (index % 2 === 1) {
      hash = this.#hasher.node(edge.pop() as TextHash, hash)
      height += 1
      index = (index - 1) / 2
      if (keep && height % TILE_HEIGHT === 0) this.#take(height / TILE_HEIGHT, index, hash)
    }
    edge.push(hash)
  }

  #take(level: number, index: number, hash: TextHash): void {
    this.#levels[level] ??= { n: 0, hashes: [] }
    const held = this.#levels[level]
    held.hashes.push(hash)
    if ((index + 1) % TILE_WIDTH !== 0) return
    this.#onTile(level, held.n, () => bytesOf(held.hashes.join('')))
    this.#levels[level] = { n: held.n + 1, hashes: [] }
  }

  #rootOf(edge: readonly TextHash[]): Buffer {
    if (edge.length === 0) return emptyRoot()
    return bytesOf(edge.reduceRight((right, left) => this.#hasher.node(left, right)))
  }

  #see(): void {
    if (this.#watchlist.wants(this.#size)) this.#watchlist.see(this.#size, this.root())
  }
}
