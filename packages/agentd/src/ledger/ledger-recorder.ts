import {
  type CallId,
  type CastellanError,
  type LedgerActor,
  type LedgerDraft,
  type LedgerHead,
  type LedgerIndex,
  type LedgerPage,
  type LedgerPayload,
  type LedgerQuery,
  type LedgerRecord,
  type LedgerState,
  wellFormed,
} from '@castellan/contracts'
import type { Log } from '@castellan/daemon'
import { Ledger, type LedgerOptions } from '@castellan/ledger'
import { Watchers } from '../approvals/watchers.ts'
import type { LedgerVerdict } from '../host/index.ts'
import { Mutex } from '../state/mutex.ts'
import type { LedgerFollower } from './follower.ts'
import { RecentCalls } from './recent-calls.ts'
import type { Recorder, Verifying } from './recorder.ts'
import { fullRecord, listedRecord } from './records.ts'
import { closed, problemOf, RETRY_MS, refusal } from './refusal.ts'
import type { UnrecordedReads } from './unrecorded.ts'
import { verdictOn } from './verdict.ts'

/** What a ledger that was just opened has to be told. */
export interface Opening {
  /** Whether this process had it open before. */
  readonly again: boolean
  /** Reads that ran while it was damaged. */
  readonly unrecordedReads: number
}

export interface LedgerRecorderParts {
  readonly options: LedgerOptions
  readonly unrecorded: UnrecordedReads
  /** Told of every entry. */
  readonly follower?: LedgerFollower
  readonly log: Log
  /** Called with every ledger that was opened, before anybody may use it. */
  readonly onOpen: (ledger: Ledger, opening: Opening) => Promise<void>
  /** Milliseconds between two tries; 10 s without it. */
  readonly retryMs?: number
}

/**
 * The recorder over the real ledger. Where that cannot be opened or stops taking entries, this refuses in its place and
 * tries again every few seconds, so that freeing the disk is all it takes. A damaged ledger is left to the operator.
 */
export class LedgerRecorder implements Recorder {
  readonly #parts: LedgerRecorderParts
  readonly #recent = new RecentCalls()
  readonly #opening = new Mutex()
  readonly #arrivals = new Watchers<'entry'>()
  #ledger: Ledger | undefined
  #problem: CastellanError | undefined
  #retry: NodeJS.Timeout | undefined
  #wasOpen = false
  #closed = false
  #telling = true

  private constructor(parts: LedgerRecorderParts) {
    this.#parts = parts
  }

  /** Never throws on account of the ledger: agentd stays up to say what is wrong. */
  static async open(parts: LedgerRecorderParts): Promise<LedgerRecorder> {
    const recorder = new LedgerRecorder(parts)
    await recorder.#open()
    return recorder
  }

  async append(draft: LedgerDraft, payload: LedgerPayload = {}): Promise<LedgerIndex> {
    // Sentences quote and cut what they met; half a character in one must not cost the act its entry.
    const { index, entry } = await this.use((ledger) => ledger.append(draft, wellFormed(payload)))
    this.#recent.note(draft, index)
    this.#parts.follower?.note(entry)
    this.#arrivals.notify('entry')
    return index
  }

  async arrival(ms: number, signal: AbortSignal): Promise<boolean> {
    if (this.#telling) await this.#arrivals.changed('entry', ms, signal)
    return this.#telling && !signal.aborted
  }

  stopTelling(): void {
    this.#telling = false
    this.#arrivals.close()
  }

  read(index: LedgerIndex): Promise<LedgerRecord> {
    return this.use((ledger) => fullRecord(ledger, index))
  }

  query(query: LedgerQuery, { payloads = false }: { readonly payloads?: boolean } = {}): Promise<LedgerPage> {
    return this.use(async (ledger) => {
      const { entries, next } = await ledger.query(query)
      const records = await Promise.all(entries.map((entry) => listedRecord(ledger, entry, payloads)))
      const more = next !== null && (await ledger.query({ ...query, before: next, limit: 1 })).entries.length > 0
      return { records, more }
    })
  }

  callEntry(callId: CallId): LedgerIndex | undefined {
    return this.#recent.find(callId)
  }

  proof(index: LedgerIndex): Promise<string> {
    return this.use((ledger) => ledger.proof(index))
  }

  countUnrecorded(): Promise<void> {
    return this.#parts.unrecorded.add()
  }

  head(): Promise<LedgerHead> {
    return this.use(async (ledger) => ledger.head())
  }

  async verify(how?: Verifying): Promise<LedgerVerdict> {
    if (this.#problem?.code !== 'ledger_damaged') await this.use((ledger) => ledger.publish())
    return verdictOn(this.#parts.options, how)
  }

  state(): LedgerState {
    const problem = this.#ledger?.failure ?? this.#problem
    const size = this.#ledger?.size ?? 0
    if (problem === undefined) return { state: 'ok', size, ...markOf(this.#ledger) }
    const state = problem.code === 'ledger_damaged' ? 'damaged' : 'unavailable'
    return { state, size, message: problem.message }
  }

  /** Works on the open ledger; what it throws comes out as one of the refusals that callers know. */
  async use<T>(work: (ledger: Ledger) => Promise<T>): Promise<T> {
    const ledger = this.#ledger
    if (ledger === undefined) throw this.#problem ?? closed()
    try {
      return await work(ledger)
    } catch (error) {
      if (ledger.failure !== null && ledger === this.#ledger) this.#refuse(ledger.failure)
      throw refusal(error)
    }
  }

  /** Tries at once to open a ledger that refuses, and says how it is then. One that works is left as it is. */
  async reopen(): Promise<LedgerState> {
    await this.#opening.run(() => this.#reopen())
    return this.state()
  }

  /** Records that the clock is right where it stands, also for a ledger that could not be opened on account of it. */
  async setClock(actor: LedgerActor, reason: string): Promise<LedgerIndex> {
    const draft = { type: 'clock_set' as const, actor }
    if (this.#problem?.code !== 'clock_jumped') return this.append(draft, { reason })
    let index: LedgerIndex | undefined
    const record = async (ledger: Ledger) => {
      index = (await ledger.append(draft, { reason })).index
    }
    await this.#opening.run(() => this.#reopen(record))
    return index ?? this.append(draft, { reason })
  }

  close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#retry)
    return this.#opening.run(async () => {
      const ledger = this.#ledger
      this.#ledger = undefined
      await ledger?.close()
    })
  }

  /** `first` is done before anything else is written. */
  async #open(first?: (ledger: Ledger) => Promise<void>): Promise<void> {
    const { options, onOpen, unrecorded } = this.#parts
    const unrecordedReads = unrecorded.count
    let ledger: Ledger | undefined
    try {
      ledger = await Ledger.open(options)
      await first?.(ledger)
      await onOpen(ledger, { again: this.#wasOpen, unrecordedReads })
      await this.#recent.learn(ledger)
      await this.#parts.follower?.catchUp(ledger)
      this.#ledger = ledger
      this.#problem = undefined
      this.#wasOpen = true
    } catch (error) {
      await ledger?.close().catch(() => undefined)
      this.#refuse(error)
      return
    }
    await unrecorded.settle(unrecordedReads)
  }

  #refuse(error: unknown): void {
    if (this.#closed || this.#retry !== undefined) return
    const { log, retryMs = RETRY_MS } = this.#parts
    this.#problem = problemOf(error)
    if (this.#problem.code === 'ledger_damaged') {
      log.error({ err: error }, 'the ledger is damaged, so only tools that read run')
      // A repair needs the lock.
      const ledger = this.#ledger
      this.#ledger = undefined
      void ledger?.close().catch(() => undefined)
      return
    }
    log.error({ err: error }, 'the ledger refuses, so no tool runs')
    this.#retry = setTimeout(() => void this.#opening.run(() => this.#reopen()), retryMs)
    this.#retry.unref()
  }

  async #reopen(first?: (ledger: Ledger) => Promise<void>): Promise<void> {
    clearTimeout(this.#retry)
    this.#retry = undefined
    if (this.#closed || this.state().state === 'ok') return
    const old = this.#ledger
    this.#problem ??= problemOf(old?.failure)
    this.#ledger = undefined
    await old?.close().catch(() => undefined)
    await this.#open(first)
    if (this.#ledger !== undefined) this.#parts.log.info('the ledger takes entries again')
  }
}

/** How the high-water mark is kept, where a ledger is open. */
function markOf(ledger: Ledger | undefined): Pick<LedgerState, 'mark'> {
  return ledger === undefined ? {} : { mark: ledger.markKeeping }
}
