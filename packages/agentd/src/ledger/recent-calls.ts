import { type CallId, CastellanError, type LedgerDraft, type LedgerIndex } from '@castellan/contracts'
import type { Ledger } from '@castellan/ledger'

/** Calls remembered: hours of a busy agent, where a repetition comes within minutes. Some 2 MB. */
const MAX_CALLS = 16_384
/** Entries looked back at when a ledger is opened. */
const LOOK_BACK = 2048

/** Which ledger entry the newest calls ended up in, so that a call id is never used twice within living memory. */
export class RecentCalls {
  readonly #entries = new Map<CallId, LedgerIndex>()

  /** Remembers the newest calls of a ledger that was just opened, but for those that a repair put on record as lost. */
  async learn(ledger: Ledger): Promise<void> {
    for (let index = Math.max(0, ledger.size - LOOK_BACK); index < ledger.size; index += 1) {
      const entry = await ledger.read(index).catch(nullIfDamaged)
      if (entry !== null) this.note(entry, index)
    }
  }

  /** Takes note of an entry that was just written. */
  note({ type, call_id }: LedgerDraft, index: LedgerIndex): void {
    const tells = type === 'intent' || type === 'outcome' || type === 'interrupted'
    if (!tells || call_id === undefined) return
    this.#entries.delete(call_id)
    this.#entries.set(call_id, index)
    if (this.#entries.size > MAX_CALLS) this.#entries.delete(this.#entries.keys().next().value as CallId)
  }

  /** The newest entry that tells of this call. */
  find(callId: CallId): LedgerIndex | undefined {
    return this.#entries.get(callId)
  }
}

function nullIfDamaged(error: unknown): null {
  if (error instanceof CastellanError && error.code === 'ledger_damaged') return null
  throw error
}
