import { entryHash } from '../../entry/tombstone.ts'
import { HASH_BYTES } from '../../merkle/hash.ts'
import type { TextHash } from '../../merkle/text-hasher.ts'
import { bundlePath, payloadPath, TILE_BYTES, TILE_WIDTH, tilePath } from '../../merkle/tiles.ts'
import { LEAF_PREFIX, PAYLOAD_PREFIX } from '../../store/bundle.ts'
import { splitItems } from '../../store/items.ts'
import type { BundleFiles } from '../bundle-files.ts'
import type { ChainCheck, HashedEntry } from '../chain.ts'
import type { Findings } from '../findings.ts'
import type { TreeCheck } from '../tree.ts'
import type { Edge } from './edge.ts'
import { firstUnfit, isPayloadOf } from './fit.ts'

const NOTHING = Buffer.alloc(0)

/** Checks full bundles one after the other: entries against their hash tile, payloads against the entries. */
export class BundleCheck {
  readonly #tree: TreeCheck
  readonly #chain: ChainCheck
  readonly #edge: Edge
  readonly #findings: Findings

  constructor(tree: TreeCheck, chain: ChainCheck, edge: Edge, findings: Findings) {
    this.#tree = tree
    this.#chain = chain
    this.#edge = edge
    this.#findings = findings
  }

  /** Takes the entries of bundle `n` below `end`. False where neither they nor their hashes can be read: the walk ends there. */
  take(n: number, files: BundleFiles, end: number): boolean {
    const first = n * TILE_WIDTH
    const file = bundlePath(n)
    const expected = this.#tile(n, files.tile)
    const leaves = this.#items(n, 'entries', files.entries, (leaf, i) => expected === null || fits(leaf, expected, i))
    // Where every entry has the hash that the tile has, nothing is left to compare one by one.
    const alike = leaves !== null && expected !== null && files.leafHashes?.equals(expected) === true
    const hashed = leaves === null ? null : hashedEntries(files)
    // Of payloads that are hashed already nothing more is needed, but for the bundle at the edge, which is kept.
    const records =
      hashed !== null && end === first + TILE_WIDTH
        ? null
        : this.#items(
            n,
            'payloads',
            files.payloads,
            (record, i) => leaves === null || isPayloadOf(leaves[i] as Buffer, record),
          )
    if (leaves === null && expected === null) return false
    for (let index = this.#tree.size; index < end; index += 1) {
      const i = index - first
      const hash = alike ? undefined : expected?.toString('latin1', i * HASH_BYTES, (i + 1) * HASH_BYTES)
      const leaf = leaves?.[i]
      if (leaf === undefined) {
        this.#chain.skip(hash as TextHash)
        this.#tree.add(hash as TextHash)
        continue
      }
      const payload = records?.[i] ?? null
      this.#tree.add(this.#chain.take(index, { leaf, payload, file, expected: hash, hashed: hashed?.(i) }))
    }
    if (end < first + TILE_WIDTH) {
      const held = Array.from({ length: end - first }, (_, i) => ({
        leaf: leaves?.[i] ?? NOTHING,
        payload: records?.[i] ?? NOTHING,
      }))
      this.#edge.restart(held)
    }
    return true
  }

  /** The entries or payloads of a bundle; null where its file is gone or cannot be taken apart. `fits` tells where. */
  #items(
    n: number,
    what: 'entries' | 'payloads',
    bytes: Buffer | null,
    fits: (item: Buffer, i: number) => boolean,
  ): Buffer[] | null {
    const file = what === 'entries' ? bundlePath(n) : payloadPath(n)
    const first = n * TILE_WIDTH
    const last = first + TILE_WIDTH - 1
    const subject = what === 'entries' ? 'entry' : 'payload'
    if (bytes === null) {
      const message = `${file}, the ${what} from ${first} on, is missing.`
      const finding = { kind: 'missing', subject, index: first, file, message } as const
      this.#chain.suspect({ first, last, what, finding })
      return null
    }
    const { items, fault } = splitItems(bytes, what === 'entries' ? LEAF_PREFIX : PAYLOAD_PREFIX, TILE_WIDTH)
    if (fault === null) return items
    const index = first + firstUnfit(items, fits)
    const message = `${file} is not as written: its lengths do not add up from entry ${index} on.`
    this.#chain.suspect({ first, last, what, finding: { kind: 'altered', subject, index, file, message } })
    return null
  }

  #tile(n: number, hashes: Buffer | null): Buffer | null {
    const file = tilePath(0, n)
    const index = n * TILE_WIDTH
    if (hashes?.length === TILE_BYTES) return hashes
    const [kind, message] =
      hashes === null
        ? (['missing', `${file}, the hashes of entries from ${index} on, is missing.`] as const)
        : (['altered', `${file} has ${hashes.length} bytes instead of ${TILE_BYTES}.`] as const)
    this.#findings.add({ kind, subject: 'tile', index, file, message })
    return null
  }
}

function fits(leaf: Buffer, tile: Buffer, i: number): boolean {
  return entryHash(leaf).equals(tile.subarray(i * HASH_BYTES, (i + 1) * HASH_BYTES))
}

/** What the reading thread has made of the entries of a bundle; null where it could not or was not asked to. */
function hashedEntries({ leafHashes, digests, payloads }: BundleFiles): ((i: number) => HashedEntry) | null {
  if (leafHashes === null || digests === null || payloads === null) return null
  let next = 0
  let offset = 0
  return (i) => {
    // Asked for in order, though not always from the first on.
    let length = 0
    for (; next <= i; next += 1) {
      length = payloads.readUInt32BE(offset)
      offset += PAYLOAD_PREFIX + length
    }
    const at = i * HASH_BYTES
    const end = at + HASH_BYTES
    return {
      leaf: leafHashes.toString('latin1', at, end),
      leafHex: leafHashes.toString('hex', at, end),
      payloadHex: length === 0 ? '' : digests.toString('hex', at, end),
    }
  }
}
