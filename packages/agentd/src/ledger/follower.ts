import type { LedgerEntry } from '@castellan/contracts'
import type { Ledger } from '@castellan/ledger'

/** Something whose state is a fold over the ledger. It is told of every entry, in order. */
export interface LedgerFollower {
  /** Reads what it does not know yet from a ledger that was just opened. */
  catchUp(ledger: Ledger): Promise<void>
  /** An entry that was just written and is on disk. Never throws. */
  note(entry: LedgerEntry): void
}
