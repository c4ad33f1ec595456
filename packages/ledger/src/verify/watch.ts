import type { TreeHead } from '../note/checkpoint.ts'

/** A head that someone remembers, and what the log has at that size once it was passed. */
export interface Watched {
  readonly head: TreeHead
  /** Null until the log reached the size. */
  root: Buffer | null
}

/** Compares remembered heads with the tree while it grows. */
export class Watchlist {
  readonly #all: Watched[] = []
  readonly #sizes = new Map<number, Watched[]>()

  watch(head: TreeHead): Watched {
    const watched: Watched = { head, root: null }
    this.#all.push(watched)
    this.#sizes.set(head.size, [...(this.#sizes.get(head.size) ?? []), watched])
    return watched
  }

  /** Whether anyone waits for the root at `size`. */
  wants(size: number): boolean {
    return this.#sizes.has(size)
  }

  see(size: number, root: Buffer): void {
    for (const watched of this.#sizes.get(size) ?? []) watched.root = root
  }
}

/** Whether the log had this head: null if it never reached that size. */
export function agrees({ head, root }: Watched): boolean | null {
  return root === null ? null : root.equals(head.root)
}
