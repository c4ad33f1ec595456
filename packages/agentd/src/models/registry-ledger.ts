import type { LedgerActor, LedgerDraft, LedgerIndex, LedgerPayload } from '@castellan/contracts'
import type { Recorder } from '../ledger/recorder.ts'

/** The newest state of the registry that the ledger knows of: its high-water mark. */
export interface RegistryMark {
  readonly serial: number
  readonly digest: string
}

/** The ledger as the registry needs it. All throw what the ledger throws: without it nothing is let in. */
export interface RegistryLedger {
  append(draft: LedgerDraft, payload?: LedgerPayload): Promise<LedgerIndex>
  newest(): Promise<RegistryMark | undefined>
}

export function registryLedger(recorder: Pick<Recorder, 'append' | 'query'>): RegistryLedger {
  return {
    append: (draft, payload) => recorder.append(draft, payload),
    async newest() {
      const { records } = await recorder.query({ type: 'model_registry_changed', limit: 1 })
      const { serial, digest } = records[0]?.entry.facts ?? {}
      return typeof serial === 'number' && typeof digest === 'string' ? { serial, digest } : undefined
    },
  }
}

/** Who acts where nobody asked: agentd itself. */
export const SELF: LedgerActor = { kind: 'system', name: 'agentd' }
