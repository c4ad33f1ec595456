import { entryHash } from '../../entry/tombstone.ts'
import type { StoredEntry } from '../../journal/frame.ts'
import { bundlePath, payloadPath, TILE_WIDTH, tilePath } from '../../merkle/tiles.ts'
import { encodeEntryBundle, encodePayloadBundle, LEAF_PREFIX, PAYLOAD_PREFIX } from '../../store/bundle.ts'
import { splitItems } from '../../store/items.ts'
import { splitHashes } from '../../store/tile-reader.ts'
import { BundleFileReader } from '../bundle-files.ts'
import type { ChainCheck } from '../chain.ts'
import type { FindingSubject, Findings } from '../findings.ts'
import { firstUnfit, isPayloadOf } from './fit.ts'

/**
 * The entries of the bundle at the right edge of the log, from the journal: kept to compare with the files that a
 * writer has made of them meanwhile.
 */
export class Edge {
  readonly #reader: BundleFileReader
  readonly #chain: ChainCheck
  readonly #findings: Findings
  #entries: StoredEntry[] = []

  constructor(dir: string, chain: ChainCheck, findings: Findings) {
    this.#reader = new BundleFileReader(dir)
    this.#chain = chain
    this.#findings = findings
  }

  /** Entries beyond the last full bundle. */
  get leaves(): Buffer[] {
    return this.#entries.map(({ leaf }) => leaf)
  }

  /** Begins again with these entries; they are copied. */
  restart(entries: readonly StoredEntry[]): void {
    this.#entries = entries.map(copyOf)
  }

  /** Adds entry `index`, copied. A bundle that is full with it is compared with its files, where they exist already. */
  push(index: number, entry: StoredEntry): void {
    this.#entries.push(copyOf(entry))
    if (this.#entries.length < TILE_WIDTH) return
    const entries = this.#entries
    this.#entries = []
    this.#compare((index + 1) / TILE_WIDTH - 1, entries)
  }

  #compare(n: number, entries: readonly StoredEntry[]): void {
    const first = n * TILE_WIDTH
    const files = this.#reader.read(n)
    const leaves = entries.map(({ leaf }) => leaf)
    if (files.entries !== null && !files.entries.equals(encodeEntryBundle(leaves))) {
      const file = bundlePath(n)
      const { items } = splitItems(files.entries, LEAF_PREFIX, TILE_WIDTH)
      const index = first + firstUnfit(items, (leaf, i) => leaf.equals(leaves[i] as Buffer))
      this.#altered('entry', index, file, `${file} is not as written: entry ${index} differs from the journal.`)
    }
    const hashes = leaves.map(entryHash)
    if (files.tile !== null && !files.tile.equals(Buffer.concat(hashes))) {
      const file = tilePath(0, n)
      const index = first + firstUnfit(splitHashes(files.tile), (hash, i) => hashes[i]?.equals(hash) ?? false)
      const message = `${file} is not as written: it holds another hash for entry ${index} than the journal.`
      this.#altered('tile', index, file, message)
    }
    if (files.payloads !== null && !files.payloads.equals(encodePayloadBundle(entries.map(({ payload }) => payload))))
      this.#comparePayloads(n, files.payloads, entries)
  }

  /** A record that is blank here and not in the journal is one whose erasure is, or has to be, on record further on. */
  #comparePayloads(n: number, bytes: Buffer, entries: readonly StoredEntry[]): void {
    const first = n * TILE_WIDTH
    const file = payloadPath(n)
    const { items, fault } = splitItems(bytes, PAYLOAD_PREFIX, TILE_WIDTH)
    const isRight = (record: Buffer, i: number) => isPayloadOf((entries[i] as StoredEntry).leaf, record)
    if (fault !== null || !items.every(isRight)) {
      const index = first + firstUnfit(items, isRight)
      const message = `The payload of entry ${index} is not as written: the entry names another digest.`
      this.#altered('payload', index, file, message)
      return
    }
    for (const [i, record] of items.entries()) {
      if (record.length > 0 || (entries[i] as StoredEntry).payload.length === 0) continue
      const index = first + i
      const message = `The payload of entry ${index} is not as written: ${file} has none, and no entry says that it was erased.`
      const finding = { kind: 'altered', subject: 'payload', index, file, message } as const
      this.#chain.suspect({ first: index, last: index, what: 'payloads', finding })
    }
  }

  #altered(subject: FindingSubject, index: number, file: string, message: string): void {
    this.#findings.add({ kind: 'altered', subject, index, file, message })
  }
}

/** What was read is overwritten by what is read next. */
function copyOf({ leaf, payload }: StoredEntry): StoredEntry {
  return { leaf: Buffer.from(leaf), payload: Buffer.from(payload) }
}
