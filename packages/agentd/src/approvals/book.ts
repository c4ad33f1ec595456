import { type ApprovalId, CastellanError } from '@castellan/contracts'
import type { StateFile } from '../state/state-file.ts'
import { surplus } from './flood.ts'
import { type ApprovalFile, type ApprovalRecord, isOpen } from './lifecycle.ts'
import { Watchers } from './watchers.ts'

/** How long a settled approval can still be asked about, in milliseconds. */
const KEPT_MS = 60 * 60_000

export type ApprovalStore = Pick<StateFile<typeof ApprovalFile>, 'load' | 'save'>

/** The records that are kept, in memory and on disk, and who waits for a change of one. */
export class ApprovalBook {
  readonly #file: ApprovalStore
  readonly #records: Map<ApprovalId, ApprovalRecord>
  readonly #watchers = new Watchers<ApprovalId>()

  private constructor(file: ApprovalStore, records: readonly ApprovalRecord[]) {
    this.#file = file
    this.#records = new Map(records.map((record) => [record.approval_id, record]))
  }

  static async open(file: ApprovalStore): Promise<ApprovalBook> {
    return new ApprovalBook(file, (await file.load())?.approvals ?? [])
  }

  /** Oldest first. */
  get records(): ApprovalRecord[] {
    return [...this.#records.values()]
  }

  /** When the next of those that are open ends, in milliseconds since 1970; undefined where none is. */
  get nextEnd(): number | undefined {
    const ends = this.records.filter(isOpen).map(({ binding }) => Date.parse(binding.expires_at))
    return ends.length === 0 ? undefined : Math.min(...ends)
  }

  /** Throws `approval_unknown`. */
  find(id: ApprovalId): ApprovalRecord {
    const record = this.#records.get(id)
    if (record !== undefined) return record
    throw new CastellanError(
      'approval_unknown',
      `There is no approval ${id}. It may have been settled more than an hour ago; ask again with a new call_id.`,
    )
  }

  /** The change holds from here on, also when the file cannot be written: then the caller is refused. */
  async put(record: ApprovalRecord, now: number): Promise<void> {
    this.#records.set(record.approval_id, record)
    this.#forgetOld(now)
    this.#watchers.notify(record.approval_id)
    await this.#file.save({ version: 2, approvals: this.records })
  }

  /** Answers at the next change of a record, after `ms`, when `signal` fires, or when all waiting ends. */
  changed(id: ApprovalId, ms: number, signal: AbortSignal): Promise<void> {
    return this.#watchers.changed(id, ms, signal)
  }

  /** Answers all who wait. */
  close(): void {
    this.#watchers.close()
  }

  #forgetOld(now: number): void {
    const late = this.records.filter(({ binding }) => now > Date.parse(binding.expires_at) + KEPT_MS)
    for (const { approval_id } of [...late, ...surplus(this.records)]) this.#records.delete(approval_id)
  }
}
