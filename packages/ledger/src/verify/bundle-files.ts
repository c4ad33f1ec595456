import { hash } from 'node:crypto'
import { join } from 'node:path'
import { HASH_BYTES } from '../merkle/hash.ts'
import { TextHasher } from '../merkle/text-hasher.ts'
import { bundlePath, payloadPath, TILE_BYTES, TILE_WIDTH, tilePath } from '../merkle/tiles.ts'
import { FileReader } from '../store/file-reader.ts'
import { splitItems } from '../store/items.ts'

/** What 256 entries take at most, each behind its length. */
const MOST_ENTRY_BYTES = TILE_WIDTH * (2 + 0xffff)

/** The three files of entries `n * 256` to `n * 256 + 255`; null where one does not exist. */
export interface BundleFiles {
  readonly entries: Buffer | null
  readonly tile: Buffer | null
  readonly payloads: Buffer | null
  /** Leaf hashes and payload digests, 32 bytes each; null where they were not made in advance or the files do not decode. */
  readonly leafHashes: Buffer | null
  readonly digests: Buffer | null
}

/** Reads bundle after bundle, in the reading thread too: it imports nothing that is large. What it returns is valid until the next call. */
export class BundleFileReader {
  readonly #dir: string
  readonly #entries = new FileReader()
  readonly #tile = new FileReader()
  readonly #payloads = new FileReader()
  readonly #hasher = new TextHasher()

  constructor(dir: string) {
    this.#dir = dir
  }

  read(n: number): BundleFiles {
    return {
      entries: this.#entries.read(join(this.#dir, bundlePath(n)), MOST_ENTRY_BYTES),
      tile: this.#tile.read(join(this.#dir, tilePath(0, n)), TILE_BYTES),
      payloads: this.#payloads.read(join(this.#dir, payloadPath(n))),
      leafHashes: null,
      digests: null,
    }
  }

  /** The same with hashes made. */
  readAndHash(n: number): BundleFiles {
    const files = this.read(n)
    return {
      ...files,
      leafHashes: hashAll(files.entries, 2, (leaf) => this.#hasher.leaf(leaf)),
      digests: hashAll(files.payloads, 4, (record) => hash('sha256', record, 'binary')),
    }
  }
}

/** Null where the bytes do not decode: whoever checks the bundle decodes it again and says what is wrong. */
function hashAll(bytes: Buffer | null, prefix: 2 | 4, digest: (item: Buffer) => string): Buffer | null {
  if (bytes === null) return null
  const { items, fault } = splitItems(bytes, prefix, TILE_WIDTH)
  if (fault !== null) return null
  const hashes = Buffer.allocUnsafeSlow(TILE_WIDTH * HASH_BYTES)
  for (const [i, item] of items.entries())
    if (item.length > 0) hashes.write(digest(item), i * HASH_BYTES, HASH_BYTES, 'latin1')
  return hashes
}
