import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { damaged, fromSystemError } from '../error.ts'
import { HASH_BYTES, rootOf } from '../merkle/hash.ts'
import { bundlePath, payloadPath, TILE_BYTES, TILE_WIDTH, tilePath } from '../merkle/tiles.ts'
import { decodeEntryBundle, decodePayloadBundle } from './bundle.ts'
import { READ } from './open-flags.ts'

/** How many files of one kind stay in memory. */
const KEEP = 16

/** Reads the log's full files, with a small memory of the latest ones: they never change. */
export class TileReader {
  readonly #dir: string
  readonly #tiles = new Map<string, Buffer>()
  readonly #bundles = new Map<number, Buffer[]>()
  #payloads: { readonly n: number; readonly records: readonly Buffer[] } | null = null

  constructor(dir: string) {
    this.#dir = dir
  }

  /** `count` hashes of `level` from `position` on, from the one full tile that holds them. */
  async hashes(level: number, position: number, count: number): Promise<Buffer[]> {
    const n = Math.floor(position / TILE_WIDTH)
    const path = tilePath(level, n)
    let bytes = this.#tiles.get(path)
    if (bytes === undefined) {
      bytes = tileBytes(this.#dir, level, n)
      remember(this.#tiles, path, bytes)
    }
    const at = (position % TILE_WIDTH) * HASH_BYTES
    return splitHashes(bytes.subarray(at, at + count * HASH_BYTES))
  }

  async leaf(index: number): Promise<Buffer> {
    const n = Math.floor(index / TILE_WIDTH)
    let leaves = this.#bundles.get(n)
    if (leaves === undefined) {
      leaves = decodeEntryBundle(await this.#read(bundlePath(n), n * TILE_WIDTH), n * TILE_WIDTH, TILE_WIDTH)
      remember(this.#bundles, n, leaves)
    }
    return leaves[index % TILE_WIDTH] as Buffer
  }

  /** The encrypted payload record of an entry; empty where there is none (any more). */
  async payload(index: number): Promise<Buffer> {
    const n = Math.floor(index / TILE_WIDTH)
    if (this.#payloads?.n !== n) {
      const records = decodePayloadBundle(await this.#read(payloadPath(n), n * TILE_WIDTH), n * TILE_WIDTH, TILE_WIDTH)
      this.#payloads = { n, records }
    }
    return this.#payloads.records[index % TILE_WIDTH] as Buffer
  }

  /** Payloads, unlike all else, can go: whoever erases one says so here. */
  forgetPayloads(): void {
    this.#payloads = null
  }

  async #read(path: string, index: number): Promise<Buffer> {
    try {
      return await readFile(join(this.#dir, path), { flag: READ })
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT')
        throw damaged(`${path} is missing`, { index, file: path }, cause)
      throw fromSystemError(cause, `Reading ${path}`)
    }
  }
}

/** The hash that the level above holds for a full tile. Synchronous: start reads a few hundred of them in a row. */
export function tileRoot(dir: string, level: number, n: number): Buffer {
  return rootOf(tileHashes(dir, level, n))
}

export function tileHashes(dir: string, level: number, n: number): Buffer[] {
  return splitHashes(tileBytes(dir, level, n))
}

/** A full hash tile. In place: handing 8 KiB to another thread takes longer than reading them. */
function tileBytes(dir: string, level: number, n: number): Buffer {
  const path = tilePath(level, n)
  let bytes: Buffer
  try {
    bytes = readFileSync(join(dir, path), { flag: READ })
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw fromSystemError(cause, `Reading ${path}`)
    throw damaged(`${path} is missing`, { index: n * TILE_WIDTH ** (level + 1), file: path }, cause)
  }
  checkTile(bytes, path)
  return bytes
}

export function splitHashes(bytes: Buffer): Buffer[] {
  const hashes: Buffer[] = []
  for (let at = 0; at < bytes.length; at += HASH_BYTES) hashes.push(bytes.subarray(at, at + HASH_BYTES))
  return hashes
}

function checkTile(bytes: Buffer, path: string): void {
  if (bytes.length !== TILE_BYTES)
    throw damaged(`${path} has ${bytes.length} bytes instead of ${TILE_BYTES}`, { file: path })
}

function remember<K, V>(cache: Map<K, V>, key: K, value: V): void {
  cache.set(key, value)
  if (cache.size > KEEP) cache.delete(cache.keys().next().value as K)
}
