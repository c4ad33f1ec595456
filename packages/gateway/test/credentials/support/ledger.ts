import { CastellanError, CREDENTIAL_CHANGES, LedgerRecordRequest } from '@castellan/contracts'

/** agentd's side of record.sock, in memory: what was recorded, the mark that comes of it, and how it may fail. */
export class TestLedger {
  readonly entries: LedgerRecordRequest[] = []
  /** What the next records meet: refused unwritten, lost before or after it was written. */
  failure: 'none' | 'refuses' | 'loses' | 'loses_after' = 'none'

  append = async (record: LedgerRecordRequest): Promise<number> => {
    const checked = LedgerRecordRequest.parse(record)
    if (this.failure === 'refuses') throw new CastellanError('rate_limited', 'Too many.', { retryAfterSeconds: 1 })
    if (this.failure === 'loses') throw new CastellanError('agentd_unavailable', 'agentd went away.')
    this.entries.push(checked)
    if (this.failure === 'loses_after') throw new CastellanError('agentd_unavailable', 'agentd went away.')
    return this.entries.length - 1
  }

  credentialStoreMark = async () => {
    if (this.failure === 'loses') throw new CastellanError('agentd_unavailable', 'agentd went away.')
    const changes = this.entries.filter((entry) => (CREDENTIAL_CHANGES as readonly string[]).includes(entry.type))
    const newest = changes.at(-1)
    if (newest === undefined || !('generation' in newest)) return null
    return { store: newest.store, generation: newest.generation, index: this.entries.indexOf(newest) }
  }

  get types(): string[] {
    return this.entries.map(({ type }) => type)
  }
}
