import { entryHash } from '../entry/tombstone.ts'
import { findingOf, LedgerError } from '../error.ts'
import type { Frame, StoredEntry } from '../journal/frame.ts'
import { isTornFrame, JournalReader, type SegmentRead } from '../journal/reader.ts'
import { HASH_BYTES, sha256 } from '../merkle/hash.ts'
import { type TextHash, textOf } from '../merkle/text-hasher.ts'
import { bundlePath, payloadPath, TILE_BYTES, TILE_WIDTH, tilePath } from '../merkle/tiles.ts'
import { openCheckpoint } from '../note/checkpoint.ts'
import { encodeEntryBundle, encodePayloadBundle, LEAF_PREFIX, PAYLOAD_PREFIX } from '../store/bundle.ts'
import { splitItems } from '../store/items.ts'
import { splitHashes } from '../store/tile-reader.ts'
import { bundlesAhead } from './bundle-ahead.ts'
import { BundleFileReader, type BundleFiles } from './bundle-files.ts'
import type { ChainCheck } from './chain.ts'
import type { FindingKind, FindingSubject, Findings } from './findings.ts'
import type { LogKeys } from './log-keys.ts'
import type { TreeCheck } from './tree.ts'

export interface WalkParts {
  readonly dir: string
  readonly origin: string
  readonly keys: LogKeys
  readonly findings: Findings
  readonly notes: string[]
  readonly chain: ChainCheck
  readonly tree: TreeCheck
  /** Entries that the high-water mark says were acknowledged; 0 where it is not known. */
  readonly acknowledged: number
  readonly onProgress: (entries: number) => void
}

/** What is wrong with a frame; `altered` unless its kind is named. */
interface Fault {
  readonly kind?: FindingKind
  readonly subject: 'entry' | 'checkpoint'
  readonly index: number
  readonly reason: string
}

const NOTHING = Buffer.alloc(0)

/** Walks a log from its full bundles into its journal, one bundle or segment in memory at a time. */
export class Walk {
  readonly #parts: WalkParts
  /** Entries of the bundle at the edge, kept to compare with files that the writer has made of them meanwhile. */
  #edge: StoredEntry[] = []
  bytes = 0
  checkpoints = 0
  /** Entries that a signed checkpoint of the journal vouches for. */
  signed = 0
  /** Whether the walk had to stop before the end of the log. */
  cutShort = false

  constructor(parts: WalkParts) {
    this.#parts = parts
  }

  /** Entries beyond the last full bundle. */
  get edgeLeaves(): Buffer[] {
    return this.#edge.map(({ leaf }) => leaf)
  }

  /** Full bundles up to entry `end`, where the journal takes over. Others get their turn after every bundle. */
  async bundles(end: number): Promise<void> {
    const { dir, tree, onProgress } = this.#parts
    let n = Math.floor(tree.size / TILE_WIDTH)
    for await (const files of bundlesAhead(dir, n, Math.ceil(end / TILE_WIDTH))) {
      this.#count(files)
      if (!this.#bundle(n, files, Math.min(end, (n + 1) * TILE_WIDTH))) return
      onProgress(tree.size)
      n += 1
    }
  }

  /** All frames of the journal, each against its own signed checkpoint. */
  async journal(journal: JournalReader): Promise<void> {
    try {
      for await (const segment of journal.segments()) {
        this.bytes += segment.bytes.length
        this.#checkOpen(segment)
        for (const frame of segment.frames) {
          if (frame.first + frame.entries.length <= this.#parts.tree.size) continue
          if (!this.#frame(segment, frame)) return
        }
        if (!this.#segmentEnd(segment)) return
        this.#parts.onProgress(this.#parts.tree.size)
      }
    } catch (error) {
      this.#stop(error)
    }
  }

  /** Goes on with what a writer has added since the journal was read. */
  async catchUp(): Promise<void> {
    const { dir, tree } = this.#parts
    const later = await JournalReader.open(dir)
    try {
      if (later.first === null) return
      if (later.first > tree.size) {
        this.#edge = []
        await this.bundles(later.first)
      }
      if (!this.cutShort) await this.journal(later)
    } finally {
      await later.close()
    }
  }

  /** A segment states which intents were open when it began: the next start relies on it. */
  #checkOpen({ name, header }: SegmentRead): void {
    const { chain, tree } = this.#parts
    if (header.first !== tree.size || !chain.complete) return
    const open = [...chain.openIntents].sort((a, b) => a - b)
    if (open.join() === header.open.join()) return
    this.#altered(
      'journal',
      header.first,
      `journal/${name}`,
      `The header of journal segment ${name} states other open intents than the entries before it.`,
    )
  }

  /** False where neither the entries nor their hashes can be read: the walk ends there. */
  #bundle(n: number, files: BundleFiles, end: number): boolean {
    const { tree, chain } = this.#parts
    const first = n * TILE_WIDTH
    const file = bundlePath(n)
    const expected = this.#tile(n, files.tile)
    const leaves = this.#range(
      n,
      'entries',
      files.entries,
      (leaf, i) => expected === null || entryHash(leaf).equals(expected.subarray(i * HASH_BYTES, (i + 1) * HASH_BYTES)),
    )
    const records = this.#range(
      n,
      'payloads',
      files.payloads,
      (record, i) => leaves === null || isPayloadOf(leaves[i] as Buffer, record),
    )
    if (leaves === null && expected === null) {
      this.cutShort = true
      return false
    }
    for (let index = tree.size; index < end; index += 1) {
      const i = index - first
      const hash = expected?.toString('latin1', i * HASH_BYTES, (i + 1) * HASH_BYTES)
      const leaf = leaves?.[i]
      if (leaf === undefined) {
        chain.skip(hash as TextHash)
        tree.add(hash as TextHash)
        continue
      }
      const payload = records?.[i] ?? null
      tree.add(chain.take(index, { leaf, payload, file, expected: hash, hashed: hashedAt(files, i) }))
    }
    if (end < first + TILE_WIDTH) {
      // Copies: the buffers of the bundle are used again.
      const copy = (bytes: Buffer | undefined) => (bytes === undefined ? NOTHING : Buffer.from(bytes))
      this.#edge = Array.from({ length: end - first }, (_, i) => ({
        leaf: copy(leaves?.[i]),
        payload: copy(records?.[i]),
      }))
    }
    return true
  }

  /** The entries or payloads of a bundle; null where its file is gone or cannot be taken apart. `fits` tells where. */
  #range(
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
      this.#parts.chain.suspect({
        first,
        last,
        what,
        finding: { kind: 'missing', subject, index: first, file, message },
      })
      return null
    }
    const { items, fault } = splitItems(bytes, what === 'entries' ? LEAF_PREFIX : PAYLOAD_PREFIX, TILE_WIDTH)
    if (fault === null) return items
    const index = first + firstUnfit(items, fits)
    const message = `${file} is not as written: its lengths do not add up from entry ${index} on.`
    this.#parts.chain.suspect({ first, last, what, finding: { kind: 'altered', subject, index, file, message } })
    return null
  }

  #tile(n: number, hashes: Buffer | null): Buffer | null {
    const file = tilePath(0, n)
    const index = n * TILE_WIDTH
    if (hashes === null) {
      this.#parts.findings.add({
        kind: 'missing',
        subject: 'tile',
        index,
        file,
        message: `${file}, the hashes of entries from ${index} on, is missing.`,
      })
      return null
    }
    if (hashes.length === TILE_BYTES) return hashes
    this.#parts.findings.add({
      kind: 'altered',
      subject: 'tile',
      index,
      file,
      message: `${file} has ${hashes.length} bytes instead of ${TILE_BYTES}.`,
    })
    return null
  }

  #frame(segment: SegmentRead, frame: Frame): boolean {
    const { tree, chain, keys, acknowledged, notes, findings } = this.#parts
    const file = `journal/${segment.name}`
    keys.follow(chain.rotations)
    const fault = this.#faultOf(frame)
    if (fault !== null) {
      this.cutShort = true
      if (isTornFrame(segment, frame) && acknowledged <= frame.first) notes.push(unfinished(frame.first))
      else
        findings.add({
          kind: fault.kind ?? 'altered',
          subject: fault.subject,
          index: fault.index,
          file,
          message: `The journal is not as written at entry ${fault.index}: ${fault.reason}.`,
        })
      return false
    }
    this.checkpoints += 1
    this.signed = frame.first + frame.entries.length
    for (const [i, stored] of frame.entries.entries()) {
      tree.add(chain.take(frame.first + i, { ...stored, file }))
      this.#edge.push(stored)
      if (this.#edge.length === TILE_WIDTH) this.#compareEdge()
    }
    return true
  }

  /** What is wrong with a frame that continues the tree, null where nothing is. */
  #faultOf(frame: Frame): Fault | null {
    const { tree, origin, keys } = this.#parts
    const last = frame.first + frame.entries.length - 1
    try {
      const checkpoint = openCheckpoint(frame.checkpoint, keys.after(frame))
      if (checkpoint.origin === origin && checkpoint.size === last + 1) {
        const root = tree.rootAfter(frame.entries.map(({ leaf }) => textOf(entryHash(leaf))))
        if (checkpoint.root.equals(root)) return null
        return { subject: 'entry', index: firstBroken(frame), reason: 'it is not the entry that was signed' }
      }
      return { subject: 'checkpoint', index: last, reason: 'its checkpoint is one of another tree' }
    } catch (error) {
      const stranger = keys.strangerOf(frame.checkpoint)
      if (stranger !== null) {
        const reason = `it is signed by ${stranger.vkey}, which no rotation of the log introduced`
        return { kind: 'foreign_key', subject: 'checkpoint', index: frame.first, reason }
      }
      return { subject: 'checkpoint', index: last, reason: `its checkpoint does not hold (${reasonOf(error)})` }
    }
  }

  /** The bundle at the edge is full: where its files exist already they must say the same. */
  #compareEdge(): void {
    const n = this.#parts.tree.size / TILE_WIDTH - 1
    const first = n * TILE_WIDTH
    const { entries, tile, payloads } = new BundleFileReader(this.#parts.dir).read(n)
    const edge = this.#edge
    this.#edge = []
    const leaves = edge.map(({ leaf }) => leaf)
    if (entries !== null && !entries.equals(encodeEntryBundle(leaves))) {
      const file = bundlePath(n)
      const { items } = splitItems(entries, LEAF_PREFIX, TILE_WIDTH)
      const index = first + firstUnfit(items, (leaf, i) => leaf.equals(leaves[i] as Buffer))
      this.#altered('entry', index, file, `${file} is not as written: entry ${index} differs from the journal.`)
    }
    if (tile !== null && !tile.equals(Buffer.concat(leaves.map(entryHash)))) {
      const file = tilePath(0, n)
      const hashes = leaves.map(entryHash)
      const index = first + firstUnfit(splitHashes(tile), (hash, i) => hashes[i]?.equals(hash) ?? false)
      this.#altered(
        'tile',
        index,
        file,
        `${file} is not as written: it holds another hash for entry ${index} than the journal.`,
      )
    }
    if (payloads !== null && !payloads.equals(encodePayloadBundle(edge.map(({ payload }) => payload))))
      this.#comparePayloads(n, payloads, edge)
  }

  /** A record that is blank here and not in the journal is one whose erasure is, or has to be, on record further on. */
  #comparePayloads(n: number, bytes: Buffer, edge: readonly StoredEntry[]): void {
    const first = n * TILE_WIDTH
    const file = payloadPath(n)
    const { items, fault } = splitItems(bytes, PAYLOAD_PREFIX, TILE_WIDTH)
    const isRight = (record: Buffer, i: number) => isPayloadOf((edge[i] as StoredEntry).leaf, record)
    if (fault !== null || !items.every(isRight)) {
      const index = first + firstUnfit(items, isRight)
      const message = `The payload of entry ${index} is not as written: the entry names another digest.`
      this.#altered('payload', index, file, message)
      return
    }
    for (const [i, record] of items.entries()) {
      if (record.length > 0 || (edge[i] as StoredEntry).payload.length === 0) continue
      const index = first + i
      const message = `The payload of entry ${index} is not as written: ${file} has none, and no entry says that it was erased.`
      const finding = { kind: 'altered', subject: 'payload', index, file, message } as const
      this.#parts.chain.suspect({ first: index, last: index, what: 'payloads', finding })
    }
  }

  #segmentEnd({ name, stop }: SegmentRead): boolean {
    const { tree, notes, acknowledged } = this.#parts
    if (stop.kind === 'end') return true
    this.cutShort = true
    if (stop.kind === 'damaged') this.#stop(stop.error)
    else if (stop.started && acknowledged <= tree.size) {
      notes.push(unfinished(tree.size))
    } else {
      this.#altered(
        'journal',
        tree.size,
        `journal/${name}`,
        `The journal is not as written: bytes lie beyond its end, after entry ${tree.size - 1}.`,
      )
    }
    return false
  }

  #count({ entries, tile, payloads }: BundleFiles): void {
    this.bytes += (entries?.length ?? 0) + (tile?.length ?? 0) + (payloads?.length ?? 0)
  }

  #stop(error: unknown): void {
    this.cutShort = true
    if (!(error instanceof LedgerError)) throw error
    const { index, file } = (error.detail ?? {}) as { index?: number; file?: string }
    this.#altered('journal', index ?? this.#parts.tree.size, file, findingOf(error))
  }

  #altered(subject: FindingSubject, index: number, file: string | undefined, message: string): void {
    this.#parts.findings.add({ kind: 'altered', subject, index, ...(file === undefined ? {} : { file }), message })
  }
}

function hashedAt({ leafHashes, digests }: BundleFiles, i: number): { leaf: TextHash; payload: TextHash } | undefined {
  if (leafHashes === null || digests === null) return undefined
  const at = i * HASH_BYTES
  return {
    leaf: leafHashes.toString('latin1', at, at + HASH_BYTES),
    payload: digests.toString('latin1', at, at + HASH_BYTES),
  }
}

/** The first of the items of a full file that does not belong where it lies; the one after them where all do. */
function firstUnfit(items: readonly Buffer[], fits: (item: Buffer, i: number) => boolean): number {
  const at = items.findIndex((item, i) => !fits(item, i))
  return at >= 0 ? at : Math.min(items.length, TILE_WIDTH - 1)
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function unfinished(index: number): string {
  return `A write after entry ${index - 1} was never finished; it was not acknowledged and will be dropped at the next start.`
}

/** The first entry of a frame that the entry after it does not name as its predecessor; the last where all others fit. */
function firstBroken({ first, entries }: Frame): number {
  for (const [i, { leaf }] of entries.entries()) {
    const next = entries[i + 1]
    if (next === undefined || !next.leaf.includes(`"prev":"${entryHash(leaf).toString('hex')}"`)) return first + i
  }
  return first
}

/** Whether a record is the payload that a leaf names; an erased one (empty) counts as such. */
function isPayloadOf(leaf: Buffer, record: Buffer): boolean {
  return record.length === 0 || leaf.includes(`"payload":"${sha256(record).toString('hex')}"`)
}
