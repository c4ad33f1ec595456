import {
  CastellanError,
  type LedgerActor,
  type LedgerClockSet,
  type LedgerClockSetRequest,
  type LedgerErasure,
  type LedgerErasureRequest,
  type LedgerKeyRotation,
  type LedgerState,
} from '@castellan/contracts'
import type { LedgerRecorder } from './ledger-recorder.ts'

/** What only an operator may do to the ledger. Every act of it is an entry that names them. */
export class LedgerKeeper {
  readonly #recorder: LedgerRecorder
  readonly #actor: LedgerActor

  constructor(recorder: LedgerRecorder, actor: LedgerActor) {
    this.#recorder = recorder
    this.#actor = actor
  }

  /** Destroys the payload of an entry. Throws `not_found` where it never had one, `conflict` where it is gone already. */
  async erase({ index, reason }: LedgerErasureRequest): Promise<LedgerErasure> {
    try {
      const erased = await this.#recorder.use((ledger) => ledger.erase({ index, reason, actor: this.#actor }))
      return { index: erased.index }
    } catch (error) {
      if (!(error instanceof CastellanError) || error.code !== 'payload_erased') throw error
      throw new CastellanError('conflict', `The payload of entry ${index} was erased before.`, { cause: error })
    }
  }

  rotateKey(): Promise<LedgerKeyRotation> {
    return this.#recorder.use(async (ledger) => {
      const { index } = await ledger.rotateKey({ actor: this.#actor })
      return { index, vkey: ledger.head().vkey }
    })
  }

  /** Says that the clock is right although it stands before the newest entry. */
  async setClock({ reason }: LedgerClockSetRequest): Promise<LedgerClockSet> {
    return { index: await this.#recorder.setClock(this.#actor, reason) }
  }

  /** Opens the ledger again after a repair, or before the next try is due. */
  reopen(): Promise<LedgerState> {
    return this.#recorder.reopen()
  }
}
