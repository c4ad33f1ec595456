import type {
  LedgerActor,
  LedgerDraft,
  LedgerEntry,
  LedgerHead,
  LedgerPayload,
  LedgerQuery,
  LedgerRecord,
} from '@castellan/contracts'
import type { Appended } from './append/batch.ts'
import { checkDraft } from './entry/leaf.ts'
import { type OpenedField, preparePayload } from './entry/payload.ts'
import { Eraser, type Erasure } from './erase/eraser.ts'
import { guarded, type LedgerError } from './error.ts'
import { parseCheckpoint } from './note/checkpoint.ts'
import { type LedgerOptions, type LedgerParts, openParts, type Repairing } from './open/open.ts'
import { type InclusionProof, Prover } from './proof/prover.ts'
import { rotateKey } from './rotate/rotate.ts'
import { type IndexSource, LedgerSearch, type QueryResult } from './search/search.ts'
import { EntryReader } from './store/entry-reader.ts'
import { appendHistory } from './store/history.ts'
import type { MarkKeeping } from './store/sealed-mark.ts'
import type { Fetch } from './witness/client.ts'
import { type CosignReport, cosignWithAll } from './witness/cosigning.ts'
import type { WitnessPolicy } from './witness/policy.ts'

/** The tamper-evident log, open for writing. One per folder at a time. */
export class Ledger {
  readonly #parts: LedgerParts
  readonly #reader: EntryReader
  readonly #search: LedgerSearch
  readonly #prover: Prover
  readonly #eraser: Eraser
  #closing: Promise<void> | null = null

  private constructor(parts: LedgerParts) {
    this.#parts = parts
    const reader = new EntryReader(parts.dir, parts.state, parts.keys.cipher)
    this.#reader = reader
    this.#search = new LedgerSearch(parts.keyDir, parts.keys.indexKey, this.#source())
    this.#prover = new Prover({ ...parts, reader })
    const append = (draft: LedgerDraft, payload: LedgerPayload) => this.append(draft, payload)
    this.#eraser = new Eraser({ ...parts, reader, search: this.#search, append })
  }

  /**
   * Opens the log in `dir`, makes a new one where both folders are empty, recovers from a crash.
   * Errors: `ledger_damaged` (detail names what), `state_locked`, `ledger_unavailable`, `disk_full`, `read_only`.
   */
  static async open(options: LedgerOptions): Promise<Ledger> {
    return guarded(`Opening the ledger in ${options.dir}`, async () => {
      const ledger = new Ledger(await openParts(options))
      await ledger.#eraser.finish()
      return ledger
    })
  }

  /** Opens a log that a repair has mended but whose losses are not on record yet; for the repair alone. */
  static async openForRepair(options: LedgerOptions, repairing: Repairing): Promise<Ledger> {
    return new Ledger(await openParts(options, repairing))
  }

  /** Number of durable entries. */
  get size(): number {
    return this.#parts.state.frontier.size
  }

  get origin(): string {
    return this.#parts.origin
  }

  /** Why the ledger takes no more entries, null while it does. */
  get failure(): LedgerError | null {
    return this.#parts.writer.failure
  }

  /** How the high-water mark is kept: sealed to the machine, or as a file alone and why. */
  get markKeeping(): MarkKeeping {
    return this.#parts.sealedMark.keeping
  }

  /**
   * Appends an entry and resolves when it is on the disk. Entries keep the order of the calls; callers that come
   * while a write is under way share the next one. Payload fields are committed to in the entry and kept encrypted
   * beside the log. Errors: `disk_full`, `read_only`, `ledger_unavailable` (nothing was acknowledged, refuse the act),
   * `clock_jumped`, `conflict` (the intent is not open), `invalid_request`, `too_large`.
   */
  append(draft: LedgerDraft, payload: LedgerPayload = {}): Promise<Appended> {
    return new Promise((resolve, reject) => {
      const request = { draft: checkDraft(draft), payload: preparePayload(payload), resolve, reject }
      this.#parts.writer.submit(request)
    })
  }

  /** Entry `index` as it was written. `not_found` beyond the end. */
  read(index: number): Promise<LedgerEntry> {
    return this.#reader.entry(index)
  }

  /** Payload fields of an entry with their salts; null where it has none. `payload_erased` once it was destroyed. */
  openPayload(index: number): Promise<Record<string, OpenedField> | null> {
    return this.#reader.openPayload(index)
  }

  /** Payload values of an entry by field; null where it has none. */
  payload(index: number): Promise<LedgerPayload | null> {
    return this.#reader.payload(index)
  }

  /** An entry with the state of its payload, and the payload itself if it can be read. */
  record(index: number): Promise<LedgerRecord> {
    return this.#reader.record(index)
  }

  /** Intents that no outcome or interruption has closed, oldest first. */
  async openIntents(): Promise<LedgerEntry[]> {
    const open = [...this.#parts.state.open].sort((a, b) => a - b)
    return Promise.all(open.map((index) => this.read(index)))
  }

  /** Entries that match, newest first; `next` is the `before` of the following page. */
  query(query: LedgerQuery = {}): Promise<QueryResult> {
    return this.#search.query(query)
  }

  /**
   * Destroys the payload of an entry, salts included, and records who did it. The entry stays and the log still
   * verifies; nobody can prove any more what the payload was. Errors: `not_found` where there is none,
   * `payload_erased` where it is gone already.
   */
  erase(erasure: Erasure): Promise<Appended> {
    return guarded('Erasing a payload', () => this.#eraser.erase(erasure))
  }

  /**
   * The same for every entry of the call that entry `index` belongs to, each with a record of its own. `conflict` while the
   * call is under way; `payload_erased` where nothing of it is left.
   */
  eraseCall(erasure: Erasure): Promise<Appended[]> {
    return guarded('Erasing the payloads of a call', () => this.#eraser.eraseCall(erasure))
  }

  /** The entries of the call that entry `index` belongs to that still have a payload, oldest first. */
  payloadsOfCall(index: number): Promise<LedgerEntry[]> {
    return this.#eraser.ofCall(index)
  }

  /**
   * Destroys the payloads of all entries older than `before` (ms since 1970) that earlier pruning left; null where
   * there are none. Leaves are never pruned, nor are payloads of intents that wait for their outcome.
   */
  prunePayloads(limit: { before: number; actor: LedgerActor }): Promise<Appended | null> {
    return guarded('Pruning payloads', () => this.#eraser.prune(limit))
  }

  /**
   * Replaces the signing key. The `key_rotated` entry is signed by the old key and the new one; from then on the old
   * key is worth nothing, and it is overwritten on disk.
   */
  async rotateKey({ actor }: { actor: LedgerActor }): Promise<Appended> {
    return guarded('Rotating the signing key', () => rotateKey(this.#parts, actor))
  }

  head(): LedgerHead {
    const { origin, state, writer } = this.#parts
    return {
      origin,
      size: state.frontier.size,
      root: state.frontier.root().toString('hex'),
      checkpoint: state.checkpoint,
      vkey: writer.signer.verifier.vkey,
    }
  }

  /** Proof that entry `index` is in the log as it stands now (RFC 6962 section 2.1.1). */
  prove(index: number): Promise<InclusionProof> {
    return this.#prover.inclusion(index)
  }

  /**
   * The same as the text of a `.tlog-proof` file (C2SP tlog-proof), which stands alone on any machine. Leads to the
   * newest cosigned checkpoint where that covers the entry, else to the newest checkpoint.
   */
  proof(index: number): Promise<string> {
    return this.#prover.file(index)
  }

  /**
   * Has the policy's witnesses cosign the newest checkpoint. Says for each what came of it; `met` tells whether the
   * quorum did. A witness that is `ahead` or `inconsistent` is an alarm: it has seen another history of this log.
   */
  async cosign(policy: WitnessPolicy, fetch: Fetch): Promise<CosignReport> {
    const { keyDir, state } = this.#parts
    const { checkpoint, frontier } = state
    const { size } = frontier
    // Who reads the published log is to find what the witnesses saw there. Where that fails, they are asked all the same.
    await this.publish().catch(() => undefined)
    return cosignWithAll({
      keyDir,
      policy,
      checkpoint,
      size,
      prove: (from) => this.proveConsistency(from, size),
      fetch,
    })
  }

  /** Proof that the tree of `to` entries (default: now) continues the tree of `from` (RFC 6962 section 2.1.2). */
  proveConsistency(from: number, to = this.size): Promise<Buffer[]> {
    return this.#prover.consistency(from, to)
  }

  /** Brings tiles and checkpoint file up to the newest entry, for readers of the tlog-tiles layout. */
  async publish(): Promise<void> {
    await guarded('Publishing tiles', () => this.#parts.settler.publish())
  }

  /** Waits for entries under way, publishes, and lets the folder go. Calling it again waits for the first call. */
  close(): Promise<void> {
    this.#closing ??= guarded('Closing the ledger', () => this.#close())
    return this.#closing
  }

  async #close(): Promise<void> {
    const { keyDir, state, writer, settler, mark, sealedMark, lock } = this.#parts
    try {
      await writer.close()
      await sealedMark.close()
      await this.#search.close()
      if (writer.failure !== null) return await settler.abandon()
      let published = false
      try {
        await settler.close()
        published = true
      } finally {
        await appendHistory(keyDir, parseCheckpoint(state.checkpoint), published)
      }
    } finally {
      await mark.close().finally(() => lock.release())
    }
  }

  #source(): IndexSource {
    const ledger = this
    const reader = this.#reader
    return {
      get size() {
        return ledger.size
      },
      read: (index) => reader.entry(index),
      peek: (index) => reader.peek(index),
      leafHash: async (index) => (await reader.subtree(0, index)).toString('hex'),
      summary: async ({ index }) => (await reader.payload(index).catch(() => null))?.summary,
    }
  }
}
