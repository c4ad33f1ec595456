import type { LedgerRecordRequest } from '@castellan/contracts'
import type { Log } from '@castellan/daemon'
import type { Records } from '../records.ts'

type How = Extract<LedgerRecordRequest, { type: 'access_refused' }>['how']

/** How long refusals are counted before they are recorded together, in milliseconds: whoever guesses must not fill the ledger. */
const TOGETHER_MS = 10_000

/** Puts on record that requests brought what is not theirs to bring: the first at once, the others counted. */
export class AccessRefusals {
  readonly #records: Pick<Records, 'append'>
  readonly #log: Log
  readonly #counts = new Map<How, number>()
  readonly #timers = new Map<How, NodeJS.Timeout>()

  constructor(records: Pick<Records, 'append'>, log: Log) {
    this.#records = records
    this.#log = log
  }

  note(how: How): void {
    this.#counts.set(how, (this.#counts.get(how) ?? 0) + 1)
    if (!this.#timers.has(how)) this.#tell(how)
  }

  close(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer)
  }

  #tell(how: How): void {
    const count = this.#counts.get(how) ?? 0
    this.#counts.delete(how)
    this.#timers.delete(how)
    if (count === 0) return
    const again = setTimeout(() => this.#tell(how), TOGETHER_MS)
    again.unref()
    this.#timers.set(how, again)
    this.#records.append({ type: 'access_refused', how, count }).catch((error: unknown) => {
      this.#log.warn({ err: error, how, count }, 'refused requests were not recorded')
    })
  }
}
