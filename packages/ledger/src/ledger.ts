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
import { checkDraft, decodeLeaf } from './entry/leaf.ts'
import { type OpenedField, preparePayload } from './entry/payload.ts'
import { isTombstone } from './entry/tombstone.ts'
import { destroyPayloads, type IndexRange } from './erase/destroy.ts'
import { clearPending, notePending, readPending } from './erase/pending.ts'
import { damaged, guarded, LedgerError } from './error.ts'
import { rootOf, sha256 } from './merkle/hash.ts'
import { consistencyProof, inclusionProof } from './merkle/proof.ts'
import { TILE_HEIGHT } from './merkle/tiles.ts'
import { parseCheckpoint } from './note/checkpoint.ts'
import { type LedgerOptions, type LedgerParts, openParts } from './open/open.ts'
import { formatProof } from './proof/proof-file.ts'
import { rotateKey } from './rotate/rotate.ts'
import { type IndexSource, LedgerSearch, type QueryResult } from './search/search.ts'
import { appendHistory } from './store/history.ts'
import type { MarkKeeping } from './store/sealed-mark.ts'
import { TileReader } from './store/tile-reader.ts'
import type { Fetch } from './witness/client.ts'
import { type CosignReport, cosignWithAll, readCosigned } from './witness/cosigning.ts'
import type { WitnessPolicy } from './witness/policy.ts'

export interface InclusionProof {
  readonly index: number
  readonly size: number
  readonly hashes: readonly Buffer[]
  /** Checkpoint of the tree the proof leads to. */
  readonly checkpoint: string
}

/** The tamper-evident log, open for writing. One per folder at a time. */
export class Ledger {
  readonly #parts: LedgerParts
  readonly #tiles: TileReader
  readonly #search: LedgerSearch
  #closing: Promise<void> | null = null

  private constructor(parts: LedgerParts) {
    this.#parts = parts
    this.#tiles = new TileReader(parts.dir)
    this.#search = new LedgerSearch(parts.keyDir, parts.keys.indexKey, this.#source())
  }

  /**
   * Opens the log in `dir`, makes a new one where both folders are empty, recovers from a crash.
   * Errors: `ledger_damaged` (detail names what), `state_locked`, `ledger_unavailable`, `disk_full`, `read_only`.
   */
  static async open(options: LedgerOptions): Promise<Ledger> {
    return guarded(`Opening the ledger in ${options.dir}`, async () => {
      const ledger = new Ledger(await openParts(options))
      await ledger.#finishErasure()
      return ledger
    })
  }

  /** Opens a log that a repair has mended but whose losses are not on record yet; for the repair alone. */
  static async openForRepair(options: LedgerOptions): Promise<Ledger> {
    return new Ledger(await openParts(options, true))
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
  async read(index: number): Promise<LedgerEntry> {
    return decodeLeaf(await this.#leaf(index), index)
  }

  /** Payload fields of an entry with their salts; null where it has none. `payload_erased` once it was destroyed. */
  async openPayload(index: number): Promise<Record<string, OpenedField> | null> {
    const entry = await this.read(index)
    if (entry.payload === undefined) return null
    const { tail, tailStart } = this.#parts.state
    const record = tail[index - tailStart]?.payload ?? (await this.#tiles.payload(index))
    if (record.length === 0)
      throw new LedgerError('payload_erased', `The payload of entry ${index} was erased.`, { detail: { index } })
    if (sha256(record).toString('hex') !== entry.payload)
      throw damaged(`The payload of entry ${index} is not the one that was written`, { index })
    return this.#parts.keys.cipher.open(index, record)
  }

  /** Payload values of an entry by field; null where it has none. */
  async payload(index: number): Promise<LedgerPayload | null> {
    const fields = await this.openPayload(index)
    return fields === null
      ? null
      : Object.fromEntries(Object.entries(fields).map(([field, { value }]) => [field, value]))
  }

  /** An entry with the state of its payload, and the payload itself if it can be read. */
  async record(index: number): Promise<LedgerRecord> {
    const entry = await this.read(index)
    if (entry.payload === undefined) return { entry, payload_state: 'none' }
    try {
      return { entry, payload_state: 'present', payload: (await this.payload(index)) ?? {} }
    } catch (error) {
      return {
        entry,
        payload_state: error instanceof LedgerError && error.code === 'payload_erased' ? 'erased' : 'unreadable',
      }
    }
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
  async erase({ index, reason, actor }: { index: number; reason: string; actor: LedgerActor }): Promise<Appended> {
    if ((await this.openPayload(index)) === null)
      throw new LedgerError('not_found', `Entry ${index} has no payload.`, { detail: { index } })
    return this.#destroy({ first: index, last: index }, { type: 'payload_erased', actor, target: index }, { reason })
  }

  /**
   * Destroys the payloads of all entries older than `before` (ms since 1970) that earlier pruning left; null where
   * there are none. Leaves are never pruned, nor are payloads of intents that wait for their outcome.
   */
  async prunePayloads({ before, actor }: { before: number; actor: LedgerActor }): Promise<Appended | null> {
    const pruned = (await this.query({ type: 'payloads_pruned', limit: 1 })).entries[0]
    const first = pruned === undefined ? 0 : Number(pruned.facts?.last) + 1
    const oldestOpen = Math.min(Number.POSITIVE_INFINITY, ...this.#parts.state.open)
    const last = Math.min(await this.#search.lastBefore(before), oldestOpen - 1)
    if (last < first) return null
    return this.#destroy({ first, last }, { type: 'payloads_pruned', actor, facts: { first, last } }, {})
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
  async prove(index: number): Promise<InclusionProof> {
    const { checkpoint, frontier } = this.#parts.state
    const { size } = frontier
    return { index, size, checkpoint, hashes: await inclusionProof(this.#subtree, index, size) }
  }

  /**
   * The same as the text of a `.tlog-proof` file (C2SP tlog-proof), which stands alone on any machine. Leads to the
   * newest cosigned checkpoint where that covers the entry, else to the newest checkpoint.
   */
  async proof(index: number): Promise<string> {
    const leaf = await this.#leaf(index)
    const cosigned = await readCosigned(this.#parts.keyDir, this.#parts.verifiers)
    if (cosigned !== null && cosigned.checkpoint.size > index) {
      const hashes = await inclusionProof(this.#subtree, index, cosigned.checkpoint.size)
      return formatProof({ index, hashes, checkpoint: cosigned.text, leaf })
    }
    const { hashes, checkpoint } = await this.prove(index)
    return formatProof({ index, hashes, checkpoint, leaf })
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
  async proveConsistency(from: number, to = this.size): Promise<Buffer[]> {
    if (to > this.size) throw new LedgerError('not_found', `The log has ${this.size} entries, not ${to}.`)
    return consistencyProof(this.#subtree, from, to)
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

  /** Puts an erasure on record, then does it. A crash in between is made good at the next start. */
  async #destroy(range: IndexRange, draft: LedgerDraft, payload: LedgerPayload): Promise<Appended> {
    const { keyDir } = this.#parts
    return guarded('Erasing a payload', async () => {
      await notePending(keyDir, { from: this.size, ...range })
      const appended = await this.append(draft, payload)
      await this.#destroyNow(range)
      await clearPending(keyDir)
      return appended
    })
  }

  async #destroyNow(range: IndexRange): Promise<void> {
    const { dir, state, writer, settler } = this.#parts
    await settler.exclusively(() => writer.exclusively(() => destroyPayloads(dir, state, writer, range)))
    this.#tiles.forgetPayloads()
    for (let index = range.first; index <= range.last; index += 1) {
      if ((await this.#peek(index))?.commitments?.summary !== undefined) await this.#search.forget(index)
    }
  }

  /** Finishes an erasure that is on record but was interrupted. */
  async #finishErasure(): Promise<void> {
    const pending = await readPending(this.#parts.keyDir)
    if (pending === null) return
    for (let index = pending.from; index < this.size; index += 1) {
      const { type, target, facts } = (await this.#peek(index)) ?? {}
      const recorded =
        type === 'payload_erased'
          ? target === pending.first
          : type === 'payloads_pruned' && facts?.first === pending.first
      if (recorded) {
        await this.#destroyNow(pending)
        break
      }
    }
    await clearPending(this.#parts.keyDir)
  }

  #source(): IndexSource {
    const ledger = this
    return {
      get size() {
        return ledger.size
      },
      read: (index) => this.read(index),
      peek: (index) => this.#peek(index),
      leafHash: async (index) => (await this.#subtree(0, index)).toString('hex'),
      summary: async ({ index }) => (await this.payload(index).catch(() => null))?.summary,
    }
  }

  /** An entry without a check of its form; null where a repair put it on record as lost. */
  async #peek(index: number): Promise<LedgerEntry | null> {
    const leaf = await this.#leaf(index)
    return isTombstone(leaf) ? null : (JSON.parse(leaf.toString()) as LedgerEntry)
  }

  async #leaf(index: number): Promise<Buffer> {
    const { tail, tailStart, frontier } = this.#parts.state
    if (!Number.isSafeInteger(index) || index < 0 || index >= frontier.size) {
      throw new LedgerError('not_found', `There is no entry ${index}; the newest is ${frontier.size - 1}.`)
    }
    return tail[index - tailStart]?.leaf ?? this.#tiles.leaf(index)
  }

  readonly #subtree = async (height: number, index: number): Promise<Buffer> => {
    const level = Math.floor(height / TILE_HEIGHT)
    const width = 2 ** (height % TILE_HEIGHT)
    const held = this.#parts.state.edge.hashes(level, index * width, width)
    return rootOf(held ?? (await this.#tiles.hashes(level, index * width, width)))
  }
}
