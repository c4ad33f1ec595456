import { CastellanError, type LedgerDraft, type LedgerPayload } from '@castellan/contracts'
import type { Recorder } from '../../src/ledger/recorder.ts'

/** Takes entries into memory, for tests of what is written and of what happens when nothing can be. */
export class MemoryRecorder implements Recorder {
  readonly drafts: LedgerDraft[] = []
  broken = false

  async append(draft: LedgerDraft, _payload?: LedgerPayload): Promise<number> {
    if (this.broken) throw new CastellanError('ledger_unavailable', 'The ledger does not take entries.')
    return this.drafts.push(draft) - 1
  }

  callEntry() {
    return undefined
  }

  get types(): string[] {
    return this.drafts.map(({ type }) => type)
  }

  state() {
    return { state: 'ok' as const, size: this.drafts.length }
  }

  async arrival(): Promise<boolean> {
    return false
  }

  stopTelling(): void {}
  async close(): Promise<void> {}
  async countUnrecorded(): Promise<void> {}
  read = unused
  proof = unused
  query = unused
  head = unused
  verify = unused
}

async function unused(): Promise<never> {
  throw new Error('this test reads no ledger')
}
