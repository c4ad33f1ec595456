import { CastellanError, LedgerRecorded, type LedgerRecordRequest } from '@castellan/contracts'
import { type Log, UnixClient } from '@castellan/daemon'

/** Records of the airlock's own, as record.sock takes them. */
export type EgressRecord = Extract<LedgerRecordRequest, { readonly type: `egress_${string}` }>

const WITHIN_MS = 5_000
/** Refusals written down in a minute. Nothing left with them, and the ledger is kept for ever. */
const REFUSALS_A_MINUTE = 60

/** Puts what the airlock does into the ledger, by way of agentd. What cannot be recorded does not happen. */
export class Recorder {
  readonly #agentd: UnixClient
  readonly #log: Log
  readonly #pending = new Set<Promise<unknown>>()
  #refusals = { minute: 0, written: 0, dropped: 0 }

  constructor(recordSocket: string, log: Log) {
    this.#agentd = new UnixClient({
      socketPath: recordSocket,
      peer: 'agentd',
      unavailable: 'agentd_unavailable',
      timeoutMs: WITHIN_MS,
    })
    this.#log = log
  }

  /**
   * Resolves to the entry's index once it is on disk. Throws `egress_unrecorded` where that did not come about in 5 s. It is not
   * given up half way: who no longer wants to go on knows what to record the end of.
   */
  async before(record: EgressRecord): Promise<number> {
    try {
      const { index } = await this.#agentd.request('POST', '/v1/records', {
        body: record,
        schema: LedgerRecorded,
      })
      return index
    } catch (error) {
      const why = error instanceof CastellanError ? error.message : 'agentd does not answer.'
      throw new CastellanError('egress_unrecorded', `Nothing leaves unrecorded, and this cannot be recorded: ${why}`, {
        cause: error,
        retryAfterSeconds: 1,
      })
    }
  }

  /** Records what is over. Nobody waits; what fails is in the log, and the ledger shows a request without an end. */
  after(record: EgressRecord): void {
    const writing = this.#agentd
      .request('POST', '/v1/records', { body: record, schema: LedgerRecorded })
      .catch((error: unknown) => this.#log.error({ err: error, type: record.type }, 'an end was not recorded'))
      .finally(() => this.#pending.delete(writing))
    this.#pending.add(writing)
  }

  /** Records a refusal, at most 60 a minute. How many more there were is in the log when the minute is over. */
  refused(record: Extract<EgressRecord, { type: 'egress_refused' }>): void {
    const minute = Math.floor(performance.now() / 60_000)
    if (minute !== this.#refusals.minute) {
      const { dropped } = this.#refusals
      if (dropped > 0) this.#log.warn({ dropped }, 'more was refused in a minute than is recorded')
      this.#refusals = { minute, written: 0, dropped: 0 }
    }
    if (this.#refusals.written >= REFUSALS_A_MINUTE) {
      this.#refusals.dropped += 1
      return
    }
    this.#refusals.written += 1
    this.after(record)
  }

  /** Waits for what is being recorded. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#pending)
    this.#agentd.close()
  }
}
