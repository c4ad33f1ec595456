import { findingOf, LedgerError } from '../../error.ts'
import type { Frame } from '../../journal/frame.ts'
import { looksProvisional } from '../../journal/provisional.ts'
import { isTornFrame, JournalReader, type SegmentRead } from '../../journal/reader.ts'
import { SEGMENT_BYTES } from '../../journal/segment.ts'
import { TILE_WIDTH } from '../../merkle/tiles.ts'
import { bundlesAhead } from '../bundle-ahead.ts'
import type { ChainCheck } from '../chain.ts'
import type { Finding, Findings } from '../findings.ts'
import { BundleCheck } from './bundle.ts'
import { Edge } from './edge.ts'
import { type FrameCheckParts, judgeFrame } from './frame.ts'

export interface WalkParts extends FrameCheckParts {
  readonly dir: string
  readonly findings: Findings
  readonly notes: string[]
  readonly chain: ChainCheck
  /** Entries that the high-water mark says were acknowledged; 0 where it is not known. */
  readonly acknowledged: number
  /** Entries that the published checkpoint vouches for; 0 where there is none. */
  readonly published: number
  readonly onProgress: (entries: number) => void
}

/** Why a pass over the journal ended before its end: damage, or a last write that is nobody's loss. */
type Stop = { readonly finding: Finding } | { readonly note: string }

/** A writer that works meanwhile replaces files and signs frames; what looks wrong is looked at this often. */
const LOOKS = 5

/** How long a writer may take to sign a frame that lies there already, ms. */
const SIGNING_MS = 20

/** Walks a log from its full bundles into its journal, one bundle or segment in memory at a time. */
export class Walk {
  readonly #parts: WalkParts
  readonly #edge: Edge
  readonly #short = new Map<string, { readonly index: number; readonly bytes: number }>()
  #counted = 0
  bytes = 0
  checkpoints = 0
  /** The newest signed checkpoint of the journal, and the entries that it vouches for. */
  signed: { readonly size: number; readonly checkpoint: string } = { size: 0, checkpoint: '' }
  /** Whether damage kept the walk from going on to the end of the log. */
  cutShort = false

  constructor(parts: WalkParts) {
    this.#parts = parts
    this.#edge = new Edge(parts.dir, parts.chain, parts.findings)
  }

  /** Entries beyond the last full bundle. */
  get edgeLeaves(): Buffer[] {
    return this.#edge.leaves
  }

  /** Full bundles up to entry `end`, where the journal takes over. Others get their turn after every bundle. */
  async bundles(end: number): Promise<void> {
    const { dir, tree, chain, findings, onProgress } = this.#parts
    const check = new BundleCheck(tree, chain, this.#edge, findings)
    let n = Math.floor(tree.size / TILE_WIDTH)
    for await (const files of bundlesAhead(dir, n, Math.ceil(end / TILE_WIDTH))) {
      this.bytes += (files.entries?.length ?? 0) + (files.tile?.length ?? 0) + (files.payloads?.length ?? 0)
      if (!check.take(n, files, Math.min(end, (n + 1) * TILE_WIDTH))) {
        this.cutShort = true
        return
      }
      onProgress(tree.size)
      n += 1
    }
  }

  /**
   * All frames of the journal, each against its own signed checkpoint. What a writer replaces or has yet to sign while
   * they are read is read again before it is judged.
   */
  async journal(journal: JournalReader): Promise<void> {
    let stop = await this.#pass(journal)
    let stale = await journal.stale()
    for (let look = 1; (stop !== null || stale) && look < LOOKS && !this.cutShort; look += 1) {
      if (stop !== null && !stale) await new Promise((resolve) => setTimeout(resolve, SIGNING_MS))
      const later = await JournalReader.open(this.#parts.dir)
      try {
        stop = await this.#follow(later)
        stale = await later.stale()
      } finally {
        await later.close()
      }
    }
    if (stop !== null) this.#report(stop)
  }

  /** Goes on with what a writer has added since the journal was read. */
  async catchUp(): Promise<void> {
    const later = await JournalReader.open(this.#parts.dir)
    try {
      const stop = await this.#follow(later)
      if (stop !== null) await this.journal(later)
    } finally {
      await later.close()
    }
  }

  /** A journal that was opened anew, and the bundles that lie before it by now. */
  async #follow(journal: JournalReader): Promise<Stop | null> {
    if (journal.first === null) return null
    if (journal.first > this.#parts.tree.size) {
      this.#edge.restart([])
      await this.bundles(journal.first)
      if (this.cutShort) return null
    }
    return this.#pass(journal)
  }

  async #pass(journal: JournalReader): Promise<Stop | null> {
    try {
      for await (const segment of journal.segments({ keep: false })) {
        // What is looked at again is not counted again.
        if (segment.header.first >= this.#counted) this.bytes += segment.bytes.length
        this.#counted = Math.max(this.#counted, segment.header.first + 1)
        this.#checkOpen(segment)
        this.#noteLength(segment)
        for (const frame of segment.frames) {
          if (frame.first + frame.entries.length <= this.#parts.tree.size) continue
          const stop = this.#frame(segment, frame)
          if (stop !== null) return stop
        }
        const stop = this.#segmentEnd(segment)
        if (stop !== null) return stop
        this.#parts.onProgress(this.#parts.tree.size)
      }
      return null
    } catch (error) {
      return this.#damage(error)
    }
  }

  #frame(segment: SegmentRead, frame: Frame): Stop | null {
    const { tree, chain, keys, acknowledged } = this.#parts
    const file = `journal/${segment.name}`
    keys.follow(chain.rotations)
    const { fault, signed, checkpoint } = judgeFrame(frame, this.#parts)
    if (fault !== null) {
      if (isTornFrame(segment, frame) && acknowledged <= frame.first) return { note: unfinished(frame.first) }
      const { kind = 'altered', subject, index, reason } = fault
      const message = `The journal is not as written at entry ${index}: ${reason}.`
      return { finding: { kind, subject, index, file, message } }
    }
    if (!signed) {
      const stop = this.#unsigned(segment, frame)
      if (stop !== null) return stop
    }
    this.checkpoints += 1
    if (signed) this.signed = { size: frame.first + frame.entries.length, checkpoint: checkpoint.toString() }
    for (const [i, stored] of frame.entries.entries()) {
      const index = frame.first + i
      tree.add(chain.take(index, { ...stored, file }))
      this.#edge.push(index, stored)
    }
    return null
  }

  /** A frame that waits for its signature counts where a later signature covers it; nobody but its writer can tell more. */
  #unsigned({ name, frames }: SegmentRead, frame: Frame): Stop | null {
    const { signer, keys, acknowledged, published } = this.#parts
    const end = frame.first + frame.entries.length
    // Once the log was rotated on, the frames of its new key are as strange to the signer at hand as to anybody.
    if (signer?.verifier.vkey === keys.current.vkey) {
      const message = `The journal is not as written at entry ${end - 1}: its checkpoint is not signed.`
      return { finding: { kind: 'altered', subject: 'checkpoint', index: end - 1, file: `journal/${name}`, message } }
    }
    const covered = frames.some((later) => later.first >= end && !looksProvisional(later.checkpoint))
    if (covered || Math.max(published, acknowledged) >= end) return null
    return {
      note: `The entries from ${frame.first} on are not signed yet and were left out: only the key folder, or the next start, can tell whether they are the log's.`,
    }
  }

  /** A segment states which intents were open when it began: the next start relies on it. */
  #checkOpen({ name, header }: SegmentRead): void {
    const { chain, tree, findings } = this.#parts
    if (header.first !== tree.size || !chain.complete) return
    const open = [...chain.openIntents].sort((a, b) => a - b)
    if (open.join() === header.open.join()) return
    const message = `The header of journal segment ${name} states other open intents than the entries before it.`
    findings.add({ kind: 'altered', subject: 'journal', index: header.first, file: `journal/${name}`, message })
  }

  /**
   * Journal segments that were cut, be it only in the room where nothing is written yet: a segment is filled before it is
   * used. Where the cut took entries, their loss is the finding.
   */
  checkRoom(): void {
    const { tree, acknowledged, findings } = this.#parts
    if (this.cutShort || tree.size < acknowledged) return
    for (const [name, { index, bytes }] of this.#short) {
      const message = `Journal segment ${name} has ${bytes} bytes of at least ${SEGMENT_BYTES}: its end was cut off.`
      findings.add({ kind: 'altered', subject: 'journal', index, file: `journal/${name}`, message })
    }
  }

  #noteLength({ name, header, bytes }: SegmentRead): void {
    if (bytes.length < SEGMENT_BYTES) this.#short.set(name, { index: header.first, bytes: bytes.length })
    else this.#short.delete(name)
  }

  #segmentEnd({ name, stop }: SegmentRead): Stop | null {
    const { tree, acknowledged } = this.#parts
    if (stop.kind === 'end') return null
    if (stop.kind === 'damaged') return this.#damage(stop.error)
    if (stop.started && acknowledged <= tree.size) return { note: unfinished(tree.size) }
    const message = `The journal is not as written: bytes lie beyond its end, after entry ${tree.size - 1}.`
    return { finding: { kind: 'altered', subject: 'journal', index: tree.size, file: `journal/${name}`, message } }
  }

  #damage(error: unknown): Stop {
    if (!(error instanceof LedgerError)) throw error
    const { index, file } = (error.detail ?? {}) as { index?: number; file?: string }
    return {
      finding: {
        kind: 'altered',
        subject: 'journal',
        index: index ?? this.#parts.tree.size,
        ...(file === undefined ? {} : { file }),
        message: findingOf(error),
      },
    }
  }

  #report(stop: Stop): void {
    if ('note' in stop) {
      this.#parts.notes.push(stop.note)
      return
    }
    this.cutShort = true
    this.#parts.findings.add(stop.finding)
  }
}

function unfinished(index: number): string {
  return `A write after entry ${index - 1} was never finished; it was not acknowledged and will be dropped at the next start.`
}
