import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import { join } from 'node:path'
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
import { LogWriter } from './append/log-writer.ts'
import type { LogState } from './append/state.ts'
import { checkDraft, decodeLeaf } from './entry/leaf.ts'
import { type OpenedField, preparePayload } from './entry/payload.ts'
import { isTombstone } from './entry/tombstone.ts'
import { destroyPayloads, type IndexRange } from './erase/destroy.ts'
import { clearPending, notePending, readPending } from './erase/pending.ts'
import { damaged, fromSystemError, guarded, LedgerError } from './error.ts'
import { listSegments } from './journal/reader.ts'
import { encodeSegmentHeader, SEGMENT_BYTES, segmentName } from './journal/segment.ts'
import { SegmentWriter } from './journal/writer.ts'
import { emptyRoot, rootOf, sha256 } from './merkle/hash.ts'
import { consistencyProof, inclusionProof } from './merkle/proof.ts'
import { TILE_HEIGHT } from './merkle/tiles.ts'
import { parseCheckpoint, signCheckpoint } from './note/checkpoint.ts'
import type { Verifier } from './note/keys.ts'
import { signRotation } from './note/rotation.ts'
import { missingMark, readPublished, recover, reopenSegment } from './open/recover.ts'
import { formatProof } from './proof/proof-file.ts'
import { type IndexSource, LedgerSearch, type QueryResult } from './search/search.ts'
import { listFiles, makeFolder, removeLeftovers } from './store/files.ts'
import { appendHistory } from './store/history.ts'
import {
  adoptNextKey,
  createKeys,
  dropNextKey,
  type LedgerKeys,
  prepareNextKey,
  readKeys,
  readNextKey,
  readVerifiers,
  writeVerifiers,
} from './store/keys.ts'
import { type Lock, takeLock } from './store/lock.ts'
import { HighWaterMark, hasMark, readMark } from './store/mark.ts'
import { Settler } from './store/settler.ts'
import { TileReader } from './store/tile-reader.ts'
import type { Fetch } from './witness/client.ts'
import { type CosignReport, cosignWithAll, readCosigned } from './witness/cosigning.ts'
import type { WitnessPolicy } from './witness/policy.ts'

export interface LedgerOptions {
  /** The log's folder. Holds no secret in the clear. */
  readonly dir: string
  /** Folder of the signing key, the payload key and the high-water mark: apart from the log, root only. */
  readonly keyDir: string
  /** Name of a new log, without spaces or plus; an existing one keeps its own. Default: `castellan/<host>/<random>`. */
  readonly origin?: string
  /** Milliseconds since 1970; `Date.now` unless a test says otherwise. */
  readonly clock?: () => number
}

export interface InclusionProof {
  readonly index: number
  readonly size: number
  readonly hashes: readonly Buffer[]
  /** Checkpoint of the tree the proof leads to. */
  readonly checkpoint: string
}

interface Parts {
  readonly dir: string
  readonly keyDir: string
  readonly origin: string
  /** Every key the log was ever signed with, oldest first. */
  readonly verifiers: Verifier[]
  readonly keys: LedgerKeys
  readonly state: LogState
  readonly writer: LogWriter
  readonly settler: Settler
  readonly mark: HighWaterMark
  readonly lock: Lock
}

/** The tamper-evident log, open for writing. One per folder at a time. */
export class Ledger {
  readonly #parts: Parts
  readonly #tiles: TileReader
  readonly #search: LedgerSearch
  #closing: Promise<void> | null = null

  private constructor(parts: Parts) {
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
      const ledger = await open(options, (parts) => new Ledger(parts))
      await ledger.#finishErasure()
      return ledger
    })
  }

  /** Opens a log that a repair has mended but whose losses are not on record yet; for the repair alone. */
  static openForRepair(options: LedgerOptions): Promise<Ledger> {
    return open({ ...options, repairing: true }, (parts) => new Ledger(parts))
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
    const { dir, keyDir, origin, verifiers, settler, writer } = this.#parts
    const rotate = () =>
      settler.exclusively(() =>
        writer.exclusively(async () => {
          const before = writer.signer
          const next = await prepareNextKey(keyDir, origin)
          await writeVerifiers(dir, [...verifiers, next.verifier])
          const appended = new Promise<Appended>((resolve, reject) => {
            const request = (index: number) => ({
              draft: checkDraft({ type: 'key_rotated', actor, facts: signRotation(index, before, next) }),
              payload: null,
              resolve,
              reject,
            })
            writer.handOver(next, request).catch(reject)
          })
          const result = await appended
          verifiers.push(next.verifier)
          await adoptNextKey(keyDir).catch((error) => {
            // The rotation has to stay the newest entry until its key is in place: the next start sees to that.
            writer.fail(fromSystemError(error, 'Putting the new signing key in place'))
            throw error
          })
          return result
        }),
      )
    return guarded('Rotating the signing key', rotate)
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
    const { keyDir, state, writer, settler, mark, lock } = this.#parts
    try {
      await writer.close()
      await this.#search.close()
      if (writer.failure !== null) return await settler.abandon()
      await appendHistory(keyDir, parseCheckpoint(state.checkpoint))
      await settler.close()
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
      if ((await this.read(index)).commitments?.summary !== undefined) await this.#search.forget(index)
    }
  }

  /** Finishes an erasure that is on record but was interrupted. */
  async #finishErasure(): Promise<void> {
    const pending = await readPending(this.#parts.keyDir)
    if (pending === null) return
    for (let index = pending.from; index < this.size; index += 1) {
      const { type, target, facts } = await this.read(index)
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
      peek: async (index) => {
        const leaf = await this.#leaf(index)
        return isTombstone(leaf) ? null : (JSON.parse(leaf.toString()) as LedgerEntry)
      },
      leafHash: async (index) => (await this.#subtree(0, index)).toString('hex'),
      summary: async ({ index }) => (await this.payload(index).catch(() => null))?.summary,
    }
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

async function open(options: LedgerOptions & { repairing?: boolean }, make: (parts: Parts) => Ledger): Promise<Ledger> {
  const { dir, keyDir } = options
  await makeFolder(dir)
  await makeFolder(keyDir)
  const lock = await takeLock(dir)
  try {
    await removeLeftovers(join(dir, 'journal'))
    let { keys, origin } = await openKeys(options)
    const verifiers = [...((await readVerifiers(dir)) ?? [])]
    if ((await listSegments(dir)).length === 0) await createLog(dir, keyDir, origin, keys)
    const mark = await readMark(keyDir, verifiers)
    if (mark === null) throw missingMark(keyDir)
    const published = await readPublished(dir, verifiers)
    const acknowledged = published !== null && published.size > mark.size ? published : mark
    const recovered = await recover({
      dir,
      origin,
      signer: keys.signer,
      verifiers,
      acknowledged,
      repairing: options.repairing ?? false,
    })
    const { state } = recovered
    keys = await settleRotation(options, keys, verifiers, state)
    const segment = await reopenSegment(recovered.segment)
    const raised = await HighWaterMark.create(keyDir, state.checkpoint)
    await appendHistory(keyDir, parseCheckpoint(state.checkpoint))
    const settler = new Settler(dir, state, published?.size ?? 0)
    const writer = new LogWriter({
      dir,
      origin,
      keys,
      state,
      segment,
      mark: raised,
      clock: options.clock ?? Date.now,
      onBatch: () => settler.nudge(),
      drainTail: () => settler.settle(),
    })
    if (state.tail.length > 0) settler.nudge()
    return make({ dir, keyDir, origin, verifiers, keys, state, writer, settler, mark: raised, lock })
  } catch (error) {
    await lock.release()
    throw error
  }
}

/** The keys of the log; new ones only where neither folder knows of a log. */
async function openKeys({ dir, keyDir, origin }: LedgerOptions): Promise<{ keys: LedgerKeys; origin: string }> {
  const verifiers = await readVerifiers(dir)
  if (verifiers !== null) {
    const name = (verifiers.at(-1) as { name: string }).name
    const keys = await readKeys(keyDir, name)
    if (!verifiers.some(({ vkey }) => vkey === keys.signer.verifier.vkey)) {
      throw new LedgerError(
        'ledger_unavailable',
        `The signing key in ${keyDir} is not a key of the log in ${dir}. Restore the key that belongs to it.`,
      )
    }
    return { keys, origin: name }
  }
  // A log gets its mark before its first entry: keys without a mark are those of a log that was never finished.
  if (await hasMark(keyDir)) {
    throw damaged(`${keyDir} holds the keys of a log, but ${dir} is not that log: its vkeys file is missing`, {
      kind: 'truncated',
      file: 'vkeys',
    })
  }
  const name = origin ?? `castellan/${hostname().replaceAll(/[\s+]/g, '-')}/${randomBytes(4).toString('hex')}`
  return { keys: await createKeys(dir, keyDir, name), origin: name }
}

/** Finishes or undoes a key rotation that a crash interrupted: it counts if its entry is the newest one. */
async function settleRotation(
  { dir, keyDir }: LedgerOptions,
  keys: LedgerKeys,
  verifiers: Verifier[],
  state: LogState,
): Promise<LedgerKeys> {
  const { signer } = keys
  const { name } = signer.verifier
  const next = await readNextKey(keyDir, name)
  if (next === null) return keys
  const newest = state.tail.at(-1)
  const entry =
    newest === undefined || isTombstone(newest.leaf) ? null : (JSON.parse(newest.leaf.toString()) as LedgerEntry)
  if (entry?.type === 'key_rotated' && entry.facts?.new_vkey === next.verifier.vkey) {
    await adoptNextKey(keyDir)
    state.checkpoint = signCheckpoint(parseCheckpoint(state.checkpoint), next)
    return { ...keys, signer: next }
  }
  await dropNextKey(dir, keyDir, verifiers, next)
  const at = verifiers.findIndex(({ vkey }) => vkey === next.verifier.vkey)
  if (at >= 0) verifiers.splice(at, 1)
  return keys
}

/** The first segment of a new log. Its mark comes first, so that no log is ever without one. */
async function createLog(dir: string, keyDir: string, origin: string, { signer }: LedgerKeys): Promise<void> {
  const files = (await listFiles(dir)).filter(
    (path) => path.startsWith('tile/') || path.startsWith('payload/') || path === 'checkpoint',
  )
  if (files.length > 0) throw damaged('The journal has no segment', { file: 'journal' })
  const mark = await readMark(keyDir, [signer.verifier])
  if (mark !== null && mark.size > 0) {
    throw damaged(`The log is empty, but ${mark.size} entries were acknowledged`, {
      kind: 'truncated',
      acknowledged: mark.size,
    })
  }
  await (await HighWaterMark.create(keyDir, signCheckpoint({ origin, size: 0, root: emptyRoot() }, signer))).close()
  const header = encodeSegmentHeader({ v: 1, origin, first: 0, open: [] })
  await (await SegmentWriter.create(join(dir, 'journal', segmentName(0)), header, SEGMENT_BYTES)).close()
}
