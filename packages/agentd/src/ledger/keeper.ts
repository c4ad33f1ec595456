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
import type { Appended } from '@castellan/ledger'
import type { LedgerRecorder } from './ledger-recorder.ts'

/** What only an operator may do to the ledger. Every act of it is an entry that names them. */
export class LedgerKeeper {
  readonly #recorder: LedgerRecorder
  readonly #actor: LedgerActor

  constructor(recorder: LedgerRecorder, actor: LedgerActor) {
    this.#recorder = recorder
    this.#actor = actor
  }

  /**
   * Destroys the payload of an entry, or of all entries of its call. Throws `not_found` where it never had one, `conflict` where
   * it is gone already or the call is under way.
   */
  async erase({ index, reason, call }: LedgerErasureRequest): Promise<LedgerErasure> {
    try {
      return await this.#recorder.use(async (ledger) => {
        const erasure = { index, reason, actor: this.#actor }
        const records = call ? await ledger.eraseCall(erasure) : [await ledger.erase(erasure)]
        const erased = records.flatMap(({ entry }) => (entry.target === undefined ? [] : [entry.target]))
        const related = (await ledger.payloadsOfCall(index)).map((entry) => entry.index)
        return { index: (records.at(-1) as Appended).index, erased, related }
      })
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
