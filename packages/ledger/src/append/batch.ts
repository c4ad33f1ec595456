import type { LedgerDraft, LedgerEntry } from '@castellan/contracts'
import { encodeLeaf } from '../entry/leaf.ts'
import type { PayloadCipher, PreparedPayload } from '../entry/payload.ts'
import { LedgerError } from '../error.ts'
import { type StoredEntry, storedBytes } from '../journal/frame.ts'
import type { Frontier } from '../merkle/frontier.ts'
import { leafHash, sha256 } from '../merkle/hash.ts'
import type { LogState } from './state.ts'

/** What `append` resolves to once the entry is durable. */
export interface Appended {
  readonly index: number
  readonly entry: LedgerEntry
  /** RFC 6962 leaf hash, hex. */
  readonly leafHash: string
}

export interface Request {
  readonly draft: LedgerDraft
  readonly payload: PreparedPayload | null
  readonly resolve: (appended: Appended) => void
  readonly reject: (error: unknown) => void
}

/** How far back the clock may step before an append is refused; smaller steps are smoothed over. */
export const CLOCK_TOLERANCE_MS = 5000

/**
 * Entries built on a state without changing it: nothing of a batch counts before it is durable. A request that the
 * state does not allow is rejected on the spot and the batch goes on without it.
 */
export class Batch {
  readonly entries: StoredEntry[] = []
  readonly frontier: Frontier
  readonly #done: { request: Request; appended: Appended }[] = []
  readonly #subtrees: [height: number, index: number, hash: Buffer][] = []
  readonly #opened = new Set<number>()
  readonly #closed = new Set<number>()
  readonly #state: LogState
  readonly #cipher: PayloadCipher
  #prev: Buffer
  #time: number

  constructor(state: LogState, cipher: PayloadCipher) {
    this.#state = state
    this.#cipher = cipher
    this.frontier = state.frontier.clone()
    this.#prev = state.prev
    this.#time = state.lastTime
  }

  /** Adds one entry at time `now`, or rejects its request. Returns the bytes it will take. */
  add(request: Request, now: number): number {
    try {
      return this.#add(request, now)
    } catch (error) {
      request.reject(error)
      return 0
    }
  }

  #add(request: Request, now: number): number {
    const { draft, payload } = request
    const index = this.frontier.size
    const time = this.#timeOf(draft, now)
    if (draft.intent !== undefined) this.#checkClosing(draft.intent)
    const record = payload === null ? Buffer.alloc(0) : this.#cipher.seal(index, payload.plain)
    const entry: LedgerEntry = {
      v: 1,
      index,
      time,
      prev: this.#prev.toString('hex'),
      ...draft,
      ...(payload === null ? {} : { commitments: payload.commitments, payload: sha256(record).toString('hex') }),
    }
    const leaf = encodeLeaf(entry)
    const hash = leafHash(leaf)
    this.frontier.add(hash, (...subtree) => this.#subtrees.push(subtree))
    this.#prev = hash
    this.#time = time
    if (draft.type === 'intent') this.#opened.add(index)
    if (draft.intent !== undefined) this.#closed.add(draft.intent)
    this.entries.push({ leaf, payload: record })
    this.#done.push({ request, appended: { index, entry, leafHash: hash.toString('hex') } })
    return leaf.length + record.length
  }

  /** The batch is durable: the state takes it over and every caller hears of it. */
  commit(checkpoint: string): void {
    const state = this.#state
    for (const subtree of this.#subtrees) state.edge.take(...subtree)
    for (const index of this.#opened) state.open.add(index)
    for (const index of this.#closed) state.open.delete(index)
    for (const entry of this.entries) state.tail.push(entry)
    state.tailBytes += storedBytes(this.entries)
    state.frontier = this.frontier
    state.prev = this.#prev
    state.lastTime = this.#time
    state.checkpoint = checkpoint
    for (const { request, appended } of this.#done) request.resolve(appended)
  }

  reject(error: unknown): void {
    for (const { request } of this.#done) request.reject(error)
  }

  #timeOf(draft: LedgerDraft, now: number): number {
    if (now >= this.#time || draft.type === 'clock_set') return now
    if (this.#time - now <= CLOCK_TOLERANCE_MS) return this.#time
    throw new LedgerError(
      'clock_jumped',
      `The clock says ${new Date(now).toISOString()}, but the newest ledger entry is from ${new Date(this.#time).toISOString()}. ` +
        'Set the clock right; if it is right now, an operator stops Castellan and records that with `agentctl ledger clock-set`.',
    )
  }

  #checkClosing(intent: number): void {
    if ((this.#state.open.has(intent) || this.#opened.has(intent)) && !this.#closed.has(intent)) return
    throw new LedgerError('conflict', `Entry ${intent} is not an intent that waits for its outcome.`, {
      detail: { intent },
    })
  }
}
