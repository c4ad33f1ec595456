import type { LedgerDraft, LedgerIndex, LedgerPayload } from '@castellan/contracts'
import type { RegistryLedger } from '../../src/models/registry-ledger.ts'

/** The ledger as the registry of models sees it, in memory. */
export function memoryRegistryLedger(): RegistryLedger & {
  readonly entries: { readonly draft: LedgerDraft; readonly payload: LedgerPayload | undefined }[]
} {
  const entries: { draft: LedgerDraft; payload: LedgerPayload | undefined }[] = []
  return {
    entries,
    async append(draft, payload) {
      entries.push({ draft, payload })
      return (entries.length - 1) as LedgerIndex
    },
    async newest() {
      const facts = entries.findLast(({ draft }) => draft.type === 'model_registry_changed')?.draft.facts
      return facts === undefined ? undefined : { serial: Number(facts.serial), digest: String(facts.digest) }
    },
  }
}
