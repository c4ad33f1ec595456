import { join } from 'node:path'
import { damaged } from '../error.ts'
import { HASH_BYTES, rootOf } from '../merkle/hash.ts'
import { consistencyProof, verifyConsistency } from '../merkle/proof.ts'
import { TILE_BYTES, TILE_HEIGHT, TILE_WIDTH, tilePath } from '../merkle/tiles.ts'
import { parseCheckpoint } from '../note/checkpoint.ts'
import { FileReader } from '../store/file-reader.ts'
import { splitHashes } from '../store/tile-reader.ts'
import { LogView } from '../view/log-view.ts'
import type { TreeCheck } from './tree.ts'

/** A signed head of the log as it was walked, and the proofs that lead to it. */
export interface WalkedHead {
  readonly size: number
  readonly root: Buffer
  /** The signed checkpoint. */
  readonly checkpoint: string
  readonly proveConsistency: (from: number) => Promise<Buffer[]>
}

/**
 * The newest head that the log itself has signed, journal included: it may be ahead of the published files by seconds,
 * or by all that a crash left unpublished. `tiles` are the full tiles that may not be on the disk yet, by their path.
 */
export function walkedHead(
  dir: string,
  tree: TreeCheck,
  tiles: ReadonlyMap<string, Buffer>,
  checkpoint: string,
): WalkedHead {
  const { size, root } = parseCheckpoint(checkpoint)
  const reader = new FileReader()
  const tile = (level: number, n: number): Buffer => {
    const path = tilePath(level, n)
    const bytes = tiles.get(path) ?? tree.edge(level, n) ?? reader.read(join(dir, path))
    if (bytes === null) throw damaged(`${path} is missing`, { kind: 'missing', file: path })
    return bytes.subarray(0, TILE_BYTES)
  }
  const subtree = async (height: number, index: number): Promise<Buffer> => {
    const level = Math.floor(height / TILE_HEIGHT)
    const width = 2 ** (height % TILE_HEIGHT)
    const first = index * width
    const at = (first % TILE_WIDTH) * HASH_BYTES
    return rootOf(splitHashes(tile(level, Math.floor(first / TILE_WIDTH)).subarray(at, at + width * HASH_BYTES)))
  }
  return { size, root, checkpoint, proveConsistency: (from) => consistencyProof(subtree, from, size) }
}

/**
 * The published head where a writer has gone on since `head` was walked: one that continues it, by proof; else null.
 * It publishes before it asks its witnesses, so they may have seen that much.
 */
export async function publishedSince(dir: string, head: WalkedHead): Promise<WalkedHead | null> {
  const view = await LogView.open(dir).catch(() => null)
  if (view === null || view.size <= head.size) return null
  const { size, checkpointText: checkpoint } = view
  const { root } = view.checkpoint
  const proveConsistency = (from: number) => view.proveConsistency(from)
  const proof = await proveConsistency(head.size).catch(() => [])
  return verifyConsistency(head.size, head.root, size, root, proof)
    ? { size, root, checkpoint, proveConsistency }
    : null
}
