import { join } from 'node:path'
import type { LedgerEntry } from '@castellan/contracts'
import type { LogState } from '../append/state.ts'
import { genesisHash } from '../entry/leaf.ts'
import { entryHash, isTombstone } from '../entry/tombstone.ts'
import { damaged, type LedgerError } from '../error.ts'
import { type Frame, storedBytes } from '../journal/frame.ts'
import { finishCheckpoint } from '../journal/provisional.ts'
import { isTornFrame, JournalReader, type SegmentRead } from '../journal/reader.ts'
import { SEGMENT_BYTES } from '../journal/segment.ts'
import { SegmentWriter } from '../journal/writer.ts'
import { sha256 } from '../merkle/hash.ts'
import { TILE_WIDTH } from '../merkle/tiles.ts'
import { type Checkpoint, openCheckpoint, parseCheckpoint, signCheckpoint, type TreeHead } from '../note/checkpoint.ts'
import type { Rotation } from '../note/key-chain.ts'
import type { Signer, Verifier } from '../note/keys.ts'
import { restoreTree } from '../store/restore.ts'
import { TileReader } from '../store/tile-reader.ts'
import { checkReplayedKeys } from './replayed-keys.ts'

export interface Recovered {
  readonly state: LogState
  /** The last segment: its content up to the last whole frame, to be written afresh before anything is appended. */
  readonly segment: { readonly path: string; readonly content: Buffer; readonly size: number }
}

export interface RecoverParts {
  readonly dir: string
  readonly origin: string
  readonly signer: Signer
  /** The keys the log lists. */
  readonly verifiers: readonly Verifier[]
  /** The key in the key folder that a rotation prepared, null where there is none. */
  readonly next: Verifier | null
  /** The high-water mark. */
  readonly mark: Checkpoint
  /** The checkpoint file. */
  readonly published: Checkpoint | null
  /** The newest head known to be durable: the high-water mark, its sealed copy, the published checkpoint, or one of an earlier start or stop. */
  readonly acknowledged: TreeHead
  /** A repair opens the log before it has put on record what is lost. */
  readonly repairing: boolean
  /** Rotations that such a repair is about to state again: the log ends under the key before them. */
  readonly restates: readonly Rotation[]
}

/**
 * Brings a log back to the state after its last acknowledged entry: the tree from full tiles, the rest by replaying
 * the journal. A last write that was cut short is left out, for nobody was told it was durable; anything else that
 * does not fit is `ledger_damaged`.
 */
export async function recover(parts: RecoverParts): Promise<Recovered> {
  const journal = await JournalReader.open(parts.dir)
  try {
    if (journal.first === null) throw damaged('The journal has no segment', { file: 'journal' })
    const replay = await Replay.begin(parts, journal.first)
    let last: SegmentRead | undefined
    let end = 0
    for await (const segment of journal.segments({ keep: true })) {
      if (segment.header.origin !== parts.origin)
        throw damaged(`Journal segment ${segment.name} belongs to another log`)
      if (last === undefined) replay.takeOpen(segment.header.open)
      end = replay.segment(segment)
      last = segment
    }
    const { name, bytes } = last as SegmentRead
    const segment = {
      path: join(parts.dir, 'journal', name),
      content: bytes.subarray(0, end),
      size: Math.max(SEGMENT_BYTES, end),
    }
    return { state: replay.finish(), segment }
  } finally {
    await journal.close()
  }
}

/**
 * Writes the recovered segment again, whole. After a crash or a failed sync the page cache may show bytes that the
 * disk never took; only what has been written and synced anew counts as durable.
 */
export function reopenSegment({ path, content, size }: Recovered['segment']): Promise<SegmentWriter> {
  return SegmentWriter.create(path, content, size)
}

class Replay {
  readonly #parts: RecoverParts
  readonly #state: LogState
  /** Whether the tree passed the acknowledged head, root and all. */
  #met = false
  /** Checkpoints that speak for all of the log up to them: of each segment's last frame. */
  readonly #signed: Checkpoint[] = []
  readonly #rotations: Rotation[] = []
  /** Entries of which only a tombstone is left, until a gap entry accounts for them. */
  #lost: number[] = []

  private constructor(parts: RecoverParts, state: LogState) {
    this.#parts = parts
    this.#state = state
  }

  static async begin(parts: RecoverParts, first: number): Promise<Replay> {
    const { dir, origin, acknowledged } = parts
    const { frontier, edge } = restoreTree(dir, first)
    const reader = new TileReader(dir)
    const state: LogState = {
      frontier,
      edge,
      prev:
        first === 0
          ? genesisHash(origin)
          : ((edge.hash(0, first - 1) ?? (await reader.hashes(0, first - 1, 1))[0]) as Buffer),
      lastTime: await lastTime(reader, first),
      open: new Set(),
      tail: [],
      tailStart: Math.floor(first / TILE_WIDTH) * TILE_WIDTH,
      tailBytes: 0,
      checkpoint: '',
    }
    for (let index = state.tailStart; index < first; index += 1) {
      state.tail.push({ leaf: await reader.leaf(index), payload: await reader.payload(index) })
    }
    state.tailBytes = storedBytes(state.tail)
    const replay = new Replay(parts, state)
    for (const head of [parts.mark, acknowledged])
      if (head.size < first) replay.#compare(head, restoreTree(dir, head.size).frontier.root())
    replay.#meet()
    return replay
  }

  takeOpen(open: readonly number[]): void {
    for (const index of open) this.#state.open.add(index)
  }

  /** Replays a segment; returns the offset up to which it counts. */
  segment(segment: SegmentRead): number {
    for (const frame of segment.frames) {
      const last = frame === segment.frames.at(-1)
      // Signed again in memory; the last segment, the only one where this can happen, is written afresh from there.
      frame.checkpoint.set(finishCheckpoint(frame.checkpoint, frame.checkpointAt, this.#parts.signer) ?? [])
      try {
        this.#check(frame, last)
      } catch (error) {
        if (isTornFrame(segment, frame) && this.#parts.acknowledged.size <= frame.first) {
          this.#sign(segment.frames.at(-2))
          return frame.start
        }
        throw error
      }
      this.#take(frame)
    }
    this.#sign(segment.frames.at(-1))
    if (segment.stop.kind === 'damaged') throw segment.stop.error
    return segment.end
  }

  finish(): LogState {
    const { acknowledged, origin, signer } = this.#parts
    const state = this.#state
    if (!this.#met) {
      throw damaged(
        `The log ends at ${state.frontier.size} entries, but ${acknowledged.size} were acknowledged: its tail was cut off or an older copy was put back`,
        { kind: 'truncated', index: state.frontier.size, acknowledged: acknowledged.size },
      )
    }
    const [lost] = this.#lost
    if (lost !== undefined && !this.#parts.repairing)
      throw damaged(`Entry ${lost} is lost, and no gap entry says so`, { index: lost })
    checkReplayedKeys(this.#parts, state.frontier.size, this.#signed, this.#rotations)
    // Ed25519 is deterministic: this is the very checkpoint that the journal holds for this head, if one key signed it.
    state.checkpoint = signCheckpoint({ origin, size: state.frontier.size, root: state.frontier.root() }, signer)
    return state
  }

  /** Checks a frame against its own checkpoint without changing the state; the signature only where it stands for the rest. */
  #check(frame: Frame, last: boolean): void {
    const frontier = this.#state.frontier.clone()
    for (const { leaf } of frame.entries) frontier.add(entryHash(leaf))
    const where = { index: frame.first }
    let checkpoint: Checkpoint
    try {
      checkpoint = last ? openCheckpoint(frame.checkpoint, this.#parts.verifiers) : parseCheckpoint(frame.checkpoint)
    } catch (cause) {
      throw damaged(`The checkpoint behind entry ${frame.first} is not as written`, where, cause)
    }
    if (
      checkpoint.origin !== this.#parts.origin ||
      checkpoint.size !== frontier.size ||
      !checkpoint.root.equals(frontier.root())
    ) {
      throw damaged(`The entries from ${frame.first} on are not those that were signed`, where)
    }
    for (const [i, { leaf, payload }] of frame.entries.entries()) {
      if (isTombstone(leaf)) continue
      const entry = JSON.parse(leaf.toString()) as LedgerEntry
      if (payload.length > 0 && sha256(payload).toString('hex') !== entry.payload) {
        throw damaged(`The payload of entry ${frame.first + i} is not the one that was written`, {
          index: frame.first + i,
        })
      }
    }
  }

  /** The last frame of a segment that counts: its checkpoint speaks for all entries before. */
  #sign(frame: Frame | undefined): void {
    if (frame !== undefined) this.#signed.push(parseCheckpoint(frame.checkpoint))
  }

  #take(frame: Frame): void {
    const state = this.#state
    for (const [i, stored] of frame.entries.entries()) {
      const index = frame.first + i
      const hash = entryHash(stored.leaf)
      state.edge.add(state.frontier, hash)
      state.tail.push(stored)
      if (isTombstone(stored.leaf)) {
        state.prev = hash
        this.#lost.push(index)
        continue
      }
      const entry = JSON.parse(stored.leaf.toString()) as LedgerEntry
      if (entry.index !== index || entry.prev !== state.prev.toString('hex')) {
        throw damaged(`Entry ${index} does not follow the entry before it`, { index })
      }
      state.prev = hash
      state.lastTime = entry.time
      if (entry.type === 'intent') state.open.add(index)
      if (entry.intent !== undefined) state.open.delete(entry.intent)
      if (entry.type === 'gap') this.#account(entry)
      if (entry.type === 'key_rotated') this.#rotations.push({ index, facts: entry.facts ?? {} })
    }
    state.tailBytes += storedBytes(frame.entries)
    this.#meet()
  }

  /** A repair puts the entries it could not save on record. */
  #account({ facts = {} }: LedgerEntry): void {
    const { first, last, lost } = facts
    if (lost === 'entries') this.#lost = this.#lost.filter((index) => index < Number(first) || index > Number(last))
  }

  #meet(): void {
    const { mark, acknowledged } = this.#parts
    const { frontier } = this.#state
    for (const head of [mark, acknowledged]) if (frontier.size === head.size) this.#compare(head, frontier.root())
  }

  #compare(head: TreeHead, root: Buffer): void {
    if (!head.root.equals(root)) {
      throw damaged(
        `The log has another root at ${head.size} entries than the one acknowledged: its history was rewritten`,
        {
          kind: 'forked',
          acknowledged: head.size,
        },
      )
    }
    if (head === this.#parts.acknowledged) this.#met = true
  }
}

/** The mark of a log must exist: without it a cut-off tail could not be told from a whole log. */
export function missingMark(keyDir: string): LedgerError {
  return damaged(`The high-water mark is missing from ${keyDir}`, { kind: 'mark_missing' })
}

/** Time of the newest readable entry before `index`, 0 where there is none. */
async function lastTime(reader: TileReader, index: number): Promise<number> {
  for (let i = index - 1; i >= 0; i -= 1) {
    const leaf = await reader.leaf(i)
    if (!isTombstone(leaf)) return (JSON.parse(leaf.toString()) as LedgerEntry).time
  }
  return 0
}
