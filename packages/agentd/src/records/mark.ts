import { CREDENTIAL_CHANGES, type CredentialStoreMark, type LedgerEntry } from '@castellan/contracts'
import type { Recorder } from '../ledger/recorder.ts'

/** The newest state of the gateway's credential store that is on record. */
export async function credentialStoreMark(ledger: Recorder): Promise<CredentialStoreMark> {
  const pages = await Promise.all(CREDENTIAL_CHANGES.map((type) => ledger.query({ type, limit: 1 })))
  const newest = pages
    .flatMap(({ records }) => records.map(({ entry }) => entry))
    .reduce<LedgerEntry | undefined>(
      (last, entry) => (last === undefined || entry.index > last.index ? entry : last),
      undefined,
    )
  const { store, generation } = newest?.facts ?? {}
  if (newest === undefined || typeof store !== 'string' || typeof generation !== 'number') return { mark: null }
  return { mark: { store, generation, index: newest.index } }
}
