import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fromSystemError, LedgerError } from '../error.ts'
import { checkpointOffset, encodeFrame } from '../journal/frame.ts'
import { provisionalCheckpoint } from '../journal/provisional.ts'
import { encodeSegmentHeader, SEGMENT_BYTES, segmentName } from '../journal/segment.ts'
import { SegmentWriter } from '../journal/writer.ts'
import { TILE_WIDTH } from '../merkle/tiles.ts'
import { signCheckpoint } from '../note/checkpoint.ts'
import type { Signer } from '../note/keys.ts'
import type { LedgerKeys } from '../store/keys.ts'
import type { HighWaterMark } from '../store/mark.ts'
import { Batch, type Request } from './batch.ts'
import type { LogState } from './state.ts'

/** A batch ends at whichever comes first. */
const BATCH_ENTRIES = 1024
const BATCH_BYTES = 1024 * 1024

/** Entries that wait for the background hold memory; above this, appends wait for it. */
const TAIL_BYTES = 64 * 1024 * 1024

export interface LogWriterParts {
  readonly dir: string
  readonly origin: string
  readonly keys: LedgerKeys
  readonly state: LogState
  readonly segment: SegmentWriter
  readonly mark: HighWaterMark
  /** Milliseconds since 1970. */
  readonly clock: () => number
  /** Called after each durable batch. */
  readonly onBatch: () => void
  /** Moves full bundles out of the tail; awaited when it has grown too large. */
  readonly drainTail: () => Promise<void>
}

/**
 * Appends in the order of the calls. Whoever arrives while a write is on its way shares the next one (group commit).
 * The first failed write ends it all: what the disk holds is then unknown until the ledger is opened again.
 */
export class LogWriter {
  readonly #parts: LogWriterParts
  readonly #queue: Request[] = []
  readonly #exclusive: (() => Promise<void>)[] = []
  #segment: SegmentWriter
  #signers: readonly Signer[]
  #running: Promise<void> | null = null
  #failure: LedgerError | null = null
  #closed = false

  constructor(parts: LogWriterParts) {
    this.#parts = parts
    this.#segment = parts.segment
    this.#signers = [parts.keys.signer]
  }

  /** Why nothing can be appended any more, if so. */
  get failure(): LedgerError | null {
    return this.#failure
  }

  submit(request: Request): void {
    const refusal = this.#closed ? new LedgerError('shutting_down', 'The ledger is closed.') : this.#failure
    if (refusal !== null) {
      request.reject(refusal)
      return
    }
    this.#queue.push(request)
    this.#start()
  }

  /** Runs `work` between two batches: no write is under way, none begins. */
  exclusively<T>(work: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#exclusive.push(async () => {
        try {
          this.#segment.amendNow()
          resolve(await work())
        } catch (error) {
          reject(error)
        }
      })
      this.#start()
    })
  }

  /** The key that signs checkpoints now. */
  get signer(): Signer {
    return this.#signers.at(-1) as Signer
  }

  /**
   * Hands over to another key: the entry that `makeRequest` builds for its index goes into a batch of its own, whose
   * checkpoint both keys sign; everything after it is signed by the new key alone. Between batches only.
   */
  async handOver(next: Signer, makeRequest: (index: number) => Request): Promise<void> {
    const before = this.#signers
    // The old key is gone afterwards: what it has signed must not lose its signature any more.
    await this.#segment.settle()
    const batch = new Batch(this.#parts.state, this.#parts.keys.cipher)
    batch.add(makeRequest(this.#parts.state.frontier.size), this.#parts.clock())
    this.#signers = [...before, next]
    await this.#write(batch)
    this.#signers = this.#parts.state.frontier.size === batch.frontier.size ? [next] : before
  }

  /** Takes no more entries: what the disk holds is not certain any more. Reopening the ledger finds out. */
  fail(error: LedgerError): void {
    this.#failure ??= error
  }

  /** Puts another file in the place of the segment being written; between batches only. */
  async replaceSegment(segment: SegmentWriter): Promise<void> {
    const old = this.#segment
    this.#segment = segment
    await old.close()
  }

  get segmentPath(): string {
    return this.#segment.path
  }

  /** Refuses new entries, waits for those under way, and lets the segment go. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#running
    await this.#segment.close()
  }

  #start(): void {
    this.#running ??= callersQueued().then(() => this.#run())
  }

  async #run(): Promise<void> {
    while (this.#queue.length > 0 || this.#exclusive.length > 0) {
      const work = this.#exclusive.shift()
      if (work !== undefined) await work()
      else await this.#writeBatch()
      if (this.#queue.length > 0) await callersQueued()
    }
    this.#running = null
  }

  async #writeBatch(): Promise<void> {
    const { state } = this.#parts
    if (this.#failure !== null) return this.#rejectAll(this.#failure)
    if (state.tailBytes > TAIL_BYTES && state.tail.length >= TILE_WIDTH)
      await this.#parts.drainTail().catch(() => undefined)
    const batch = this.#cutBatch()
    if (batch.entries.length > 0) await this.#write(batch)
  }

  async #write(batch: Batch): Promise<void> {
    const { state, mark, onBatch } = this.#parts
    if (this.#failure !== null) return batch.reject(this.#failure)
    const first = state.frontier.size
    const head = { origin: this.#parts.origin, size: batch.frontier.size, root: batch.frontier.root() }
    const signers = this.#signers
    const signed = signers.length > 1 ? signCheckpoint(head, ...signers) : null
    const frame = encodeFrame(first, batch.entries, signed ?? provisionalCheckpoint(head, this.signer))
    try {
      if (!this.#segment.fits(frame.length)) await this.#nextSegment(first, frame.length)
    } catch (error) {
      // Nothing of the batch has touched the log: the callers may try again, unless a file is stuck.
      return batch.reject(fromSystemError(error, 'Starting a journal segment'))
    }
    let checkpoint: string
    try {
      const written = this.#segment.write(frame)
      // Signed while the disk is at work; the signature follows the frame beside the next write.
      checkpoint = signed ?? signCheckpoint(head, ...signers)
      const at = await written
      if (signed === null) this.#segment.amend(at + checkpointOffset(frame), Buffer.from(checkpoint))
      mark.raise(checkpoint)
    } catch (error) {
      this.#failure = fromSystemError(error, 'Writing the journal')
      batch.reject(this.#failure)
      return this.#rejectAll(this.#failure)
    }
    batch.commit(checkpoint)
    onBatch()
  }

  #cutBatch(): Batch {
    const batch = new Batch(this.#parts.state, this.#parts.keys.cipher)
    const now = this.#parts.clock()
    let bytes = 0
    let taken = 0
    while (taken < BATCH_ENTRIES && bytes < BATCH_BYTES) {
      const request = this.#queue[taken]
      if (request === undefined) break
      bytes += batch.add(request, now)
      taken += 1
    }
    this.#queue.splice(0, taken)
    return batch
  }

  async #nextSegment(first: number, frameBytes: number): Promise<void> {
    const { dir, origin, state } = this.#parts
    // Only the last segment may hold a frame that waits for its signature.
    await this.#segment.settle()
    const header = encodeSegmentHeader({ v: 1, origin, first, open: [...state.open].sort((a, b) => a - b) })
    const size = Math.max(SEGMENT_BYTES, header.length + frameBytes)
    const path = join(dir, 'journal', segmentName(first))
    const next = await SegmentWriter.create(path, header, size).catch(async (error) => {
      // Half-made, it would claim entries that the old segment may yet take.
      await rm(path, { force: true }).catch((stuck) => this.fail(fromSystemError(stuck, 'Removing a journal segment')))
      throw error
    })
    const old = this.#segment
    this.#segment = next
    await old.close()
  }

  #rejectAll(error: LedgerError): void {
    for (const request of this.#queue.splice(0)) request.reject(error)
  }
}

/** Resolves once every caller that was just answered has queued again: they run before the next tick does. */
function callersQueued(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve))
}
