import { emptyRoot, nodeHash } from './hash.ts'

/** Called for each complete subtree as it forms: `level` is log2 of its leaves, `index` counts subtrees of that level. */
export type OnSubtree = (level: number, index: number, hash: Buffer) => void

/**
 * The right edge of a growing Merkle tree: one hash for each bit set in the size. Adding a leaf costs one hash on
 * average, the root at most log2(size).
 */
export class Frontier {
  #size = 0
  /** Complete subtrees, largest first; their sizes are the set bits of `#size`, from the top. */
  readonly #edge: Buffer[] = []

  /** Takes up the tree of `size` leaves whose complete subtrees, largest first, are `edge`. */
  static from(size: number, edge: readonly Buffer[]): Frontier {
    const frontier = new Frontier()
    frontier.#size = size
    frontier.#edge.push(...edge)
    return frontier
  }

  get size(): number {
    return this.#size
  }

  /** The complete subtrees that make up the tree, largest first. */
  get subtrees(): readonly Buffer[] {
    return this.#edge
  }

  add(leaf: Buffer, onSubtree?: OnSubtree): void {
    let hash = leaf
    let level = 0
    let index = this.#size
    onSubtree?.(0, index, hash)
    while (index % 2 === 1) {
      hash = nodeHash(this.#edge.pop() as Buffer, hash)
      level += 1
      index = (index - 1) / 2
      onSubtree?.(level, index, hash)
    }
    this.#edge.push(hash)
    this.#size += 1
  }

  root(): Buffer {
    let root: Buffer | undefined
    for (let i = this.#edge.length - 1; i >= 0; i -= 1) {
      const subtree = this.#edge[i] as Buffer
      root = root === undefined ? subtree : nodeHash(subtree, root)
    }
    return root ?? emptyRoot()
  }

  clone(): Frontier {
    return Frontier.from(this.#size, this.#edge)
  }
}

/** The complete subtrees that make up a tree of `size` leaves, left to right: level and index of each. */
export function edgeOf(size: number): { level: number; index: number }[] {
  const edge: { level: number; index: number }[] = []
  let start = 0
  for (let level = 52; level >= 0; level -= 1) {
    const width = 2 ** level
    if (Math.floor(size / width) % 2 === 1) {
      edge.push({ level, index: start / width })
      start += width
    }
  }
  return edge
}
