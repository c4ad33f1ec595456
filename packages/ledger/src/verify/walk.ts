import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { entryHash } from '../entry/tombstone.ts'
import { findingOf, LedgerError } from '../error.ts'
import type { Frame, StoredEntry } from '../journal/frame.ts'
import { isTornFrame, type JournalReader, type SegmentRead } from '../journal/reader.ts'
import { sha256 } from '../merkle/hash.ts'
import { bundlePath, payloadPath, TILE_BYTES, TILE_WIDTH, tilePath } from '../merkle/tiles.ts'
import { openCheckpoint } from '../note/checkpoint.ts'
import type { Verifier } from '../note/keys.ts'
import { decodeEntryBundle, decodePayloadBundle, encodeEntryBundle, encodePayloadBundle } from '../store/bundle.ts'
import { splitHashes } from '../store/tile-reader.ts'
import type { ChainCheck } from './chain.ts'
import type { Findings, FindingSubject } from './findings.ts'
import type { TreeCheck } from './tree.ts'

export interface WalkParts {
  readonly dir: string
  readonly origin: string
  readonly verifiers: readonly Verifier[]
  readonly findings: Findings
  readonly notes: string[]
  readonly chain: ChainCheck
  readonly tree: TreeCheck
  /** Entries that the high-water mark says were acknowledged; 0 where it is not known. */
  readonly acknowledged: number
  readonly onProgress: (entries: number) => void
}

const NOTHING = Buffer.alloc(0)

/** Three files that hold entries `n * 256` to `n * 256 + 255`; null where one does not exist. */
interface BundleFiles {
  readonly entries: Buffer | null
  readonly hashes: Buffer | null
  readonly payloads: Buffer | null
}

/** Walks a log from its full bundles into its journal, one bundle or segment in memory at a time. */
export class Walk {
  readonly #parts: WalkParts
  /** Entries of the bundle at the edge, kept to compare with files that the writer has made of them meanwhile. */
  #edge: StoredEntry[] = []
  bytes = 0
  checkpoints = 0
  /** Whether the walk had to stop before the end of the log. */
  cutShort = false

  constructor(parts: WalkParts) {
    this.#parts = parts
  }

  /** Entries beyond the last full bundle. */
  get edgeLeaves(): Buffer[] {
    return this.#edge.map(({ leaf }) => leaf)
  }

  /** Full bundles up to entry `end`, where the journal takes over. The next bundle is read while one is checked. */
  async bundles(end: number): Promise<void> {
    const { tree } = this.#parts
    let next = this.#files(Math.floor(tree.size / TILE_WIDTH))
    while (tree.size < end) {
      const n = Math.floor(tree.size / TILE_WIDTH)
      const files = await next
      next = (n + 1) * TILE_WIDTH < end ? this.#files(n + 1) : next
      if (!this.#bundle(n, files, Math.min(end, (n + 1) * TILE_WIDTH))) return
      this.#parts.onProgress(tree.size)
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
          if (!(await this.#frame(segment, frame))) return
        }
        if (!this.#segmentEnd(segment)) return
        this.#parts.onProgress(this.#parts.tree.size)
      }
    } catch (error) {
      this.#stop(error)
    }
  }

  /** A segment states which intents were open when it began: the next start relies on it. */
  #checkOpen({ name, header }: SegmentRead): void {
    const { chain, tree } = this.#parts
    if (header.first !== tree.size || !chain.complete) return
    const open = [...chain.openIntents].sort((a, b) => a - b)
    if (open.join() === header.open.join()) return
    this.#altered('journal', header.first, `journal/${name}`, `The header of journal segment ${name} states other open intents than the entries before it.`)
  }

  /** False where neither the entries nor their hashes can be read: the walk ends there. */
  #bundle(n: number, files: BundleFiles, end: number): boolean {
    const { tree, chain } = this.#parts
    const first = n * TILE_WIDTH
    const file = bundlePath(n)
    const leaves = this.#range(n, 'entries', file, files.entries, decodeEntryBundle)
    const expected = this.#tile(n, files.hashes)
    const records = this.#range(n, 'payloads', payloadPath(n), files.payloads, decodePayloadBundle)
    if (leaves === null && expected === null) {
      this.cutShort = true
      return false
    }
    for (let index = tree.size; index < end; index += 1) {
      const i = index - first
      const hash = expected?.[i]
      const leaf = leaves?.[i]
      if (leaf === undefined) {
        chain.skip(hash as Buffer)
        tree.add(hash as Buffer)
        continue
      }
      const payload = records?.[i] ?? null
      tree.add(chain.take(index, { leaf, payload, file, ...(hash === undefined ? {} : { expected: hash }) }))
    }
    if (end < first + TILE_WIDTH) {
      this.#edge = Array.from({ length: end - first }, (_, i) => ({ leaf: leaves?.[i] ?? NOTHING, payload: records?.[i] ?? NOTHING }))
    }
    return true
  }

  /** The entries or payloads of a bundle; null where its file is gone or cannot be taken apart. */
  #range(
    n: number,
    what: 'entries' | 'payloads',
    file: string,
    bytes: Buffer | null,
    decode: (bytes: Buffer, first: number, count: number) => Buffer[],
  ): Buffer[] | null {
    const first = n * TILE_WIDTH
    const last = first + TILE_WIDTH - 1
    const subject = what === 'entries' ? 'entry' : 'payload'
    if (bytes === null) {
      const message = `${file}, the ${what} from ${first} on, is missing.`
      this.#parts.chain.suspect({ first, last, what, finding: { kind: 'missing', subject, index: first, file, message } })
      return null
    }
    try {
      return decode(bytes, first, TILE_WIDTH)
    } catch (error) {
      const index = indexOf(error) ?? first
      const message = `${file} is not as written: its lengths do not add up from entry ${index} on.`
      this.#parts.chain.suspect({ first, last, what, finding: { kind: 'altered', subject, index, file, message } })
      return null
    }
  }

  #tile(n: number, hashes: Buffer | null): Buffer[] | null {
    const file = tilePath(0, n)
    const index = n * TILE_WIDTH
    if (hashes === null) {
      this.#parts.findings.add({ kind: 'missing', subject: 'tile', index, file, message: `${file}, the hashes of entries from ${index} on, is missing.` })
      return null
    }
    if (hashes.length === TILE_BYTES) return splitHashes(hashes)
    this.#parts.findings.add({ kind: 'altered', subject: 'tile', index, file, message: `${file} has ${hashes.length} bytes instead of ${TILE_BYTES}.` })
    return null
  }

  async #frame(segment: SegmentRead, frame: Frame): Promise<boolean> {
    const { tree, chain, acknowledged, notes } = this.#parts
    const file = `journal/${segment.name}`
    const fault = this.#faultOf(frame)
    if (fault !== null) {
      this.cutShort = true
      if (isTornFrame(segment, frame) && acknowledged <= frame.first) notes.push(unfinished(frame.first))
      else this.#altered(fault.subject, fault.index, file, `The journal is not as written at entry ${fault.index}: ${fault.reason}.`)
      return false
    }
    this.checkpoints += 1
    for (const [i, stored] of frame.entries.entries()) {
      tree.add(chain.take(frame.first + i, { ...stored, file }))
      this.#edge.push(stored)
      if (this.#edge.length === TILE_WIDTH) await this.#compareEdge()
    }
    return true
  }

  /** Once the log has passed to a new key, the old one signs nothing any more: it may have been stolen. */
  #keysInForce(): readonly Verifier[] {
    const { chain, verifiers } = this.#parts
    const current = chain.rotations.at(-1)?.facts.new_vkey
    return current === undefined ? verifiers : verifiers.filter(({ vkey }) => vkey === current)
  }

  /** What is wrong with a frame that continues the tree, null where nothing is. */
  #faultOf(frame: Frame): { subject: 'entry' | 'checkpoint'; index: number; reason: string } | null {
    const { tree, origin } = this.#parts
    const last = frame.first + frame.entries.length - 1
    try {
      const checkpoint = openCheckpoint(frame.checkpoint, this.#keysInForce())
      if (checkpoint.origin === origin && checkpoint.size === last + 1) {
        const root = tree.rootAfter(frame.entries.map(({ leaf }) => entryHash(leaf)))
        if (checkpoint.root.equals(root)) return null
        return { subject: 'entry', index: firstBroken(frame), reason: 'it is not the entry that was signed' }
      }
      return { subject: 'checkpoint', index: last, reason: 'its checkpoint is one of another tree' }
    } catch (error) {
      return { subject: 'checkpoint', index: last, reason: `its checkpoint does not hold (${reasonOf(error)})` }
    }
  }

  /** The bundle at the edge is full: where its files exist already they must say the same. */
  async #compareEdge(): Promise<void> {
    const n = this.#parts.tree.size / TILE_WIDTH - 1
    const first = n * TILE_WIDTH
    const { entries, hashes, payloads } = await this.#files(n)
    const edge = this.#edge
    this.#edge = []
    const leaves = edge.map(({ leaf }) => leaf)
    if (entries !== null && !entries.equals(encodeEntryBundle(leaves))) {
      const file = bundlePath(n)
      const index = first + firstDifference(this.#decodeQuietly(() => decodeEntryBundle(entries, first, TILE_WIDTH)), leaves)
      this.#altered('entry', index, file, `${file} is not as written: entry ${index} differs from the journal.`)
    }
    if (hashes !== null && !hashes.equals(Buffer.concat(leaves.map(entryHash)))) {
      const file = tilePath(0, n)
      const index = first + firstDifference(splitHashes(hashes), leaves.map(entryHash))
      this.#altered('tile', index, file, `${file} is not as written: it holds another hash for entry ${index} than the journal.`)
    }
    if (payloads !== null && !payloads.equals(encodePayloadBundle(edge.map(({ payload }) => payload)))) {
      const file = payloadPath(n)
      const held = this.#decodeQuietly(() => decodePayloadBundle(payloads, first, TILE_WIDTH))
      const at = held === null ? 0 : held.findIndex((record, i) => !isPayloadOf(leaves[i] as Buffer, record))
      if (at < 0) return
      this.#altered('payload', first + at, file, `The payload of entry ${first + at} is not as written: the entry names another digest.`)
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
      this.#altered('journal', tree.size, `journal/${name}`, `The journal is not as written: bytes lie beyond its end, after entry ${tree.size - 1}.`)
    }
    return false
  }

  async #files(n: number): Promise<BundleFiles> {
    const [entries, hashes, payloads] = await Promise.all([this.#read(bundlePath(n)), this.#read(tilePath(0, n)), this.#read(payloadPath(n))])
    return { entries, hashes, payloads }
  }

  async #read(path: string): Promise<Buffer | null> {
    try {
      const bytes = await readFile(join(this.#parts.dir, path))
      this.bytes += bytes.length
      return bytes
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
      throw error
    }
  }

  #decodeQuietly<T>(decode: () => T): T | null {
    try {
      return decode()
    } catch {
      return null
    }
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

function indexOf(error: unknown): number | undefined {
  return error instanceof LedgerError ? (error.detail as { index?: number } | undefined)?.index : undefined
}

function firstDifference(held: readonly Buffer[] | null, right: readonly Buffer[]): number {
  const at = right.findIndex((value, i) => !held?.[i]?.equals(value))
  return Math.max(at, 0)
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
