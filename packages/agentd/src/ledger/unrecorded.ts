import type { Log } from '@castellan/daemon'
import { z } from 'zod'
import type { StateFile } from '../state/state-file.ts'

export const UnrecordedFile = z.strictObject({ version: z.literal(1), reads: z.int().min(0) })

/**
 * How many tools that read have run while the ledger was damaged and could not say so. The count outlives agentd, so
 * that a restart does not hide them; once the ledger is open again it goes on record.
 */
export class UnrecordedReads {
  readonly #file: StateFile<typeof UnrecordedFile>
  readonly #log: Log
  #count: number

  private constructor(file: StateFile<typeof UnrecordedFile>, log: Log, count: number) {
    this.#file = file
    this.#log = log
    this.#count = count
  }

  static async open(file: StateFile<typeof UnrecordedFile>, log: Log): Promise<UnrecordedReads> {
    return new UnrecordedReads(file, log, (await file.load())?.reads ?? 0)
  }

  get count(): number {
    return this.#count
  }

  /** One more. Counted in any case; that the count could not be saved must not take reading away too. */
  add(): Promise<void> {
    this.#count += 1
    return this.#save()
  }

  /** `count` of them are on record now. */
  async settle(count: number): Promise<void> {
    if (count === 0) return
    this.#count -= count
    await this.#save()
  }

  async #save(): Promise<void> {
    await this.#file.save({ version: 1, reads: this.#count }).catch((error: unknown) => {
      this.#log.error({ err: error, reads: this.#count }, 'the count of unrecorded reads was not saved')
    })
  }
}
