import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { LedgerEntry } from '@castellan/contracts'
import { decodeLeaf } from '../entry/leaf.ts'
import { damaged, LedgerError } from '../error.ts'
import { HASH_BYTES, leafHash, rootOf } from '../merkle/hash.ts'
import { consistencyProof, inclusionProof, rangeRoot, verifyInclusion } from '../merkle/proof.ts'
import { bundlePath, levelWidth, TILE_HEIGHT, TILE_WIDTH, tilePath } from '../merkle/tiles.ts'
import type { Checkpoint } from '../note/checkpoint.ts'
import type { Verifier } from '../note/keys.ts'
import { formatProof } from '../proof/proof-file.ts'
import { decodeEntryBundle } from '../store/bundle.ts'
import { readVerifiers } from '../store/keys.ts'
import { READ } from '../store/open-flags.ts'
import { readPublished } from '../store/published.ts'
import { splitHashes } from '../store/tile-reader.ts'

/** Files kept in memory: the tiles and bundle of a proof, several times over. */
const KEEP = 32

/**
 * A log as its published files show it: read-only, without keys, without a daemon, by nothing but the C2SP tlog-tiles
 * layout. Ends at the published checkpoint, which is some seconds behind a writer at most.
 */
export class LogView {
  readonly dir: string
  readonly checkpoint: Checkpoint
  /** The checkpoint as it lies there. */
  readonly checkpointText: string
  readonly verifiers: readonly Verifier[]
  /** The newest files read: the hashes of a proof lie in a handful of tiles, and each is asked for again and again. */
  readonly #files = new Map<string, Buffer>()

  private constructor(dir: string, checkpoint: Checkpoint, text: string, verifiers: readonly Verifier[]) {
    this.dir = dir
    this.checkpoint = checkpoint
    this.checkpointText = text
    this.verifiers = verifiers
  }

  /** Errors: `not_found` where no log was published in `dir`, `ledger_damaged` where its checkpoint does not hold. */
  static async open(dir: string): Promise<LogView> {
    const verifiers = await readVerifiers(dir)
    const checkpoint = verifiers === null ? null : await readPublished(dir, verifiers)
    if (verifiers === null || checkpoint === null)
      throw new LedgerError('not_found', `There is no published ledger in ${dir}.`)
    return new LogView(
      dir,
      checkpoint,
      await readFile(join(dir, 'checkpoint'), { encoding: 'utf8', flag: READ }),
      verifiers,
    )
  }

  get size(): number {
    return this.checkpoint.size
  }

  /** The bytes of leaf `index`. */
  async leaf(index: number): Promise<Buffer> {
    if (!Number.isSafeInteger(index) || index < 0 || index >= this.size) {
      throw new LedgerError('not_found', `There is no entry ${index} in the published log of ${this.size} entries.`)
    }
    const n = Math.floor(index / TILE_WIDTH)
    const width = Math.min(TILE_WIDTH, this.size - n * TILE_WIDTH)
    const bytes = this.#read(bundlePath(n, width), bundlePath(n))
    return decodeEntryBundle(bytes.bytes, n * TILE_WIDTH, bytes.full ? TILE_WIDTH : width)[index % TILE_WIDTH] as Buffer
  }

  async read(index: number): Promise<LedgerEntry> {
    return decodeLeaf(await this.leaf(index), index)
  }

  /** The text of a `.tlog-proof` file for entry `index`; checked before it is given out. */
  async prove(index: number): Promise<string> {
    const leaf = await this.leaf(index)
    const hashes = await inclusionProof(this.#subtree, index, this.size)
    if (!verifyInclusion(leafHash(leaf), index, this.size, hashes, this.checkpoint.root)) {
      throw damaged(`Entry ${index} cannot be proven: it or its hashes are not as written`, { index })
    }
    return formatProof({ index, hashes, leaf, checkpoint: this.checkpointText })
  }

  /** Hashes that show the tree of `from` entries to be the beginning of this one. */
  proveConsistency(from: number): Promise<Buffer[]> {
    return consistencyProof(this.#subtree, from, this.size)
  }

  /** Root of the first `size` entries. */
  rootAt(size: number): Promise<Buffer> {
    return rangeRoot(this.#subtree, 0, size)
  }

  readonly #subtree = async (height: number, index: number): Promise<Buffer> => {
    const level = Math.floor(height / TILE_HEIGHT)
    const width = 2 ** (height % TILE_HEIGHT)
    const first = index * width
    const n = Math.floor(first / TILE_WIDTH)
    const tileWidth = Math.min(TILE_WIDTH, levelWidth(this.size, level) - n * TILE_WIDTH)
    const { bytes } = this.#read(tilePath(level, n, tileWidth), tilePath(level, n))
    const at = (first % TILE_WIDTH) * HASH_BYTES
    return rootOf(splitHashes(bytes.subarray(at, at + width * HASH_BYTES)))
  }

  /** A file of this tree; a partial one may have given way to the full one since the checkpoint was read. */
  #read(path: string, fullPath: string): { bytes: Buffer; full: boolean } {
    for (const candidate of path === fullPath ? [path] : [path, fullPath]) {
      const full = candidate === fullPath
      const held = this.#files.get(candidate)
      if (held !== undefined) return { bytes: held, full }
      try {
        // In place: a proof is half a dozen small files, and handing each to another thread takes longer than reading it.
        const bytes = readFileSync(join(this.dir, candidate), { flag: READ })
        this.#files.set(candidate, bytes)
        if (this.#files.size > KEEP) this.#files.delete(this.#files.keys().next().value as string)
        return { bytes, full }
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
      }
    }
    throw damaged(`${path} is missing`, { file: path })
  }
}
