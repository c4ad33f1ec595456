import type { Recorder } from '../ledger/recorder.ts'
import type { Witnesses } from '../ledger/witnesses.ts'
import { Schedule } from '../state/schedule.ts'
import type { Raises } from './sighting.ts'

/** How often it is asked how the ledger is, and how often all of it is read and verified; in milliseconds. */
const LOOK_MS = 5000
const VERIFY_MS = 6 * 60 * 60_000

export interface LedgerWatchParts {
  readonly ledger: Pick<Recorder, 'state' | 'verify'>
  readonly witnesses: Pick<Witnesses, 'alarmed'> | undefined
  readonly incidents: Raises
  readonly onError: (error: unknown) => void
}

/** Raises `ledger_damage`: what the ledger itself finds, what verifying finds, what a witness says. Each stays one incident. */
export class LedgerWatch {
  readonly #parts: LedgerWatchParts
  readonly #looking: Schedule
  readonly #verifying: Schedule
  #told = false

  constructor(parts: LedgerWatchParts) {
    this.#parts = parts
    this.#looking = new Schedule(LOOK_MS, async () => this.look(), parts.onError)
    this.#verifying = new Schedule(VERIFY_MS, async () => void (await this.verify()), parts.onError)
  }

  start(): void {
    this.#looking.start()
    this.#verifying.start()
  }

  async stop(): Promise<void> {
    await Promise.all([this.#looking.stop(), this.#verifying.stop()])
  }

  /** Cheap: what is known already. Told once until it is well again. */
  look(): void {
    const { ledger, witnesses } = this.#parts
    const { state, message = 'The ledger is damaged.' } = ledger.state()
    const alarmed = witnesses?.alarmed === true
    if (state !== 'damaged' && !alarmed) {
      this.#told = false
      return
    }
    if (this.#told) return
    this.#told = true
    this.#raise(state === 'damaged' ? message : 'A witness has seen another history of this ledger.')
  }

  /** Reads all of it. Null where it is in order; why not, otherwise. */
  async verify(): Promise<string | null> {
    const { ledger, witnesses } = this.#parts
    const { ok, problem } = await ledger.verify()
    if (ok && witnesses?.alarmed !== true) return null
    const why = ok
      ? 'A witness has seen another history of this ledger.'
      : (problem?.message ?? 'The ledger does not verify.')
    this.#raise(why)
    return why
  }

  #raise(summary: string): void {
    this.#parts.incidents.raise({ class: 'ledger_damage', subject: 'ledger', summary })
  }
}
