import {
  type CallId,
  CastellanError,
  type LedgerDraft,
  type LedgerEntry,
  type LedgerHead,
  type LedgerIndex,
  type LedgerPage,
  type LedgerPayload,
  type LedgerQuery,
  type LedgerRecord,
} from '@castellan/contracts'
import type { Log } from '@castellan/daemon'
import { Ledger, type LedgerOptions } from '@castellan/ledger'
import type { LedgerVerdict } from '../host/index.ts'
import { RecentCalls } from './recent-calls.ts'
import type { Recorder, RecorderState } from './recorder.ts'
import { verdictOn } from './verdict.ts'

/** How often a ledger that refused is tried again, in milliseconds. */
const RETRY_MS = 10_000

export interface LedgerRecorderParts {
  readonly options: LedgerOptions
  readonly log: Log
  /** Called with every ledger that was opened, before anybody may use it. */
  readonly onOpen: (ledger: Ledger) => Promise<void>
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
  #ledger: Ledger | undefined
  #problem: CastellanError | undefined
  #retry: NodeJS.Timeout | undefined
  #closed = false

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
    const { index } = await this.#use((ledger) => ledger.append(draft, payload))
    this.#recent.note(draft, index)
    return index
  }

  read(index: LedgerIndex): Promise<LedgerRecord> {
    return this.#use((ledger) => ledger.record(index))
  }

  query(query: LedgerQuery, { payloads = false }: { readonly payloads?: boolean } = {}): Promise<LedgerPage> {
    return this.#use(async (ledger) => {
      const { entries, next } = await ledger.query(query)
      const records = await Promise.all(entries.map((entry) => recordOf(ledger, entry, payloads)))
      const more = next !== null && (await ledger.query({ ...query, before: next, limit: 1 })).entries.length > 0
      return { records, more }
    })
  }

  callEntry(callId: CallId): LedgerIndex | undefined {
    return this.#recent.find(callId)
  }

  head(): Promise<LedgerHead> {
    return this.#use(async (ledger) => ledger.head())
  }

  verify(): Promise<LedgerVerdict> {
    return this.#use(async (ledger) => {
      await ledger.publish()
      return verdictOn(this.#parts.options)
    })
  }

  state(): RecorderState {
    const problem = this.#ledger?.failure ?? this.#problem
    const size = this.#ledger?.size ?? 0
    if (problem === undefined) return { state: 'ok', size }
    const state = problem.code === 'ledger_damaged' ? 'damaged' : 'unavailable'
    return { state, size, message: problem.message }
  }

  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#retry)
    const ledger = this.#ledger
    this.#ledger = undefined
    await ledger?.close()
  }

  async #use<T>(work: (ledger: Ledger) => Promise<T>): Promise<T> {
    const ledger = this.#ledger
    if (ledger === undefined) throw this.#problem ?? closed()
    try {
      return await work(ledger)
    } catch (error) {
      if (ledger.failure !== null) this.#retryLater(ledger.failure)
      throw refusal(error)
    }
  }

  async #open(): Promise<void> {
    const { options, onOpen } = this.#parts
    let ledger: Ledger | undefined
    try {
      ledger = await Ledger.open(options)
      await onOpen(ledger)
      await this.#recent.learn(ledger)
      this.#ledger = ledger
      this.#problem = undefined
    } catch (error) {
      await ledger?.close().catch(() => undefined)
      this.#retryLater(error)
    }
  }

  #retryLater(error: unknown): void {
    if (this.#closed || this.#retry !== undefined) return
    this.#problem = refusal(error)
    this.#parts.log.error({ err: error }, 'the ledger refuses, so no tool runs')
    if (this.#problem.code === 'ledger_damaged') return
    this.#retry = setTimeout(() => void this.#reopen(), this.#parts.retryMs ?? RETRY_MS)
    this.#retry.unref()
  }

  async #reopen(): Promise<void> {
    const old = this.#ledger
    this.#ledger = undefined
    await old?.close().catch(() => undefined)
    this.#retry = undefined
    if (this.#closed) return
    await this.#open()
    if (this.#ledger !== undefined) this.#parts.log.info('the ledger takes entries again')
  }
}

function closed(): CastellanError {
  return new CastellanError('shutting_down', 'The ledger is closed, because agentd is stopping.')
}

/** What is wrong with one request stays what it is; whatever keeps the ledger from working is one of two codes. */
function refusal(error: unknown): CastellanError {
  if (error instanceof CastellanError && aboutTheRequest.has(error.code)) return error
  const message = error instanceof Error ? error.message : String(error)
  return new CastellanError('ledger_unavailable', `The ledger does not take entries, so nothing is done. ${message}`, {
    cause: error,
    detail: { cause: error instanceof CastellanError ? error.code : 'internal' },
    retryAfterSeconds: RETRY_MS / 1000,
  })
}

const aboutTheRequest: ReadonlySet<string> = new Set([
  'ledger_damaged',
  'clock_jumped',
  'not_found',
  'invalid_request',
  'too_large',
  'shutting_down',
])

async function recordOf(ledger: Ledger, entry: LedgerEntry, payloads: boolean): Promise<LedgerRecord> {
  const record = await ledger.record(entry.index)
  return payloads ? record : withoutSecrets(record)
}

/** What may be shown to whoever is not the operator. */
export function withoutSecrets({ payload, ...record }: LedgerRecord): LedgerRecord {
  return payload?.summary === undefined ? record : { ...record, payload: { summary: payload.summary } }
}
