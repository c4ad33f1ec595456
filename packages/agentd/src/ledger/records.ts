import type { LedgerEntry, LedgerEntryType, LedgerIndex, LedgerRecord } from '@castellan/contracts'
import type { Ledger } from '@castellan/ledger'

/** One entry of a list; of its payload everything or what is never secret. */
export async function listedRecord(ledger: Ledger, entry: LedgerEntry, payloads: boolean): Promise<LedgerRecord> {
  const record = await ledger.record(entry.index)
  return payloads ? record : withoutSecrets(record)
}

/** One entry in full. Where its payload is gone, with the entry that says when that was and who did it. */
export async function fullRecord(ledger: Ledger, index: LedgerIndex): Promise<LedgerRecord> {
  const record = await ledger.record(index)
  if (record.payload_state !== 'erased') return record
  const by = await erasing(ledger, index)
  if (by === undefined) return record
  return {
    ...record,
    payload_state: by.type === 'payloads_pruned' ? 'pruned' : 'erased',
    erased: { index: by.index, time: by.time, actor: by.actor },
  }
}

/** What may be shown to whoever is not the operator. */
export function withoutSecrets({ payload, ...record }: LedgerRecord): LedgerRecord {
  return payload?.summary === undefined ? record : { ...record, payload: { summary: payload.summary } }
}

async function erasing(ledger: Ledger, index: LedgerIndex): Promise<LedgerEntry | undefined> {
  return (
    (await findAfter(ledger, index, 'payload_erased', ({ target }) => target === index)) ??
    (await findAfter(ledger, index, 'payloads_pruned', ({ facts }) => {
      return Number(facts?.first) <= index && index <= Number(facts?.last)
    }))
  )
}

/** The newest entry of a type that fits, among those after `index`. */
async function findAfter(
  ledger: Ledger,
  index: LedgerIndex,
  type: LedgerEntryType,
  fits: (entry: LedgerEntry) => boolean,
): Promise<LedgerEntry | undefined> {
  let before: LedgerIndex | null = ledger.size
  while (before !== null && before > index) {
    const page: Awaited<ReturnType<Ledger['query']>> = await ledger.query({ type, before, limit: 1000 })
    const found = page.entries.find(fits)
    if (found !== undefined) return found
    before = page.next
  }
  return undefined
}
