import { randomBytes } from 'node:crypto'
import type { LedgerRecordRequest } from '@castellan/contracts'
import type { GatewayKeys } from '../keys/gateway-keys.ts'
import type { Records } from '../records.ts'
import type { StoreDisk } from './store-disk.ts'
import { StoreFault } from './store-fault.ts'
import { decodeStore, type StoreState } from './store-format.ts'

export interface LoadParts {
  readonly disk: StoreDisk
  readonly keys: GatewayKeys
  readonly records: Pick<Records, 'append' | 'credentialStoreMark'>
}

/**
 * Reads the store, carries a change through that was prepared when the last run ended, and holds what it has against the newest
 * state in the ledger. Undefined where there never was a store. Throws {@link StoreFault}, or what agentd refuses with: without the
 * ledger nobody can tell how new the store is.
 */
export async function loadStore({ disk, keys, records }: LoadParts): Promise<StoreState | undefined> {
  const [bytes, prepared] = [await disk.read(), await disk.readNext()]
  const current = bytes === undefined ? undefined : decodeStore(keys.keks, bytes)
  const next = prepared === undefined ? undefined : decodeStore(keys.keks, prepared)
  const mark = await records.credentialStoreMark()

  if (next !== undefined) {
    if (next.generation !== (current?.generation ?? 0) + 1) throw new StoreFault('rolled_back')
    if (current !== undefined && next.store !== current.store) throw new StoreFault('swapped')
    checkMark(next, mark)
    // Perhaps for the second time: the entry says by its event that it is the same.
    await records.append(next.catalogue.event)
    await disk.commit()
    return next
  }
  if (current === undefined) {
    if (mark !== null) throw new StoreFault('missing')
    return undefined
  }
  checkMark(current, mark)
  if (mark?.generation !== current.generation) await records.append(adoption(current))
  return current
}

type Mark = Awaited<ReturnType<Records['credentialStoreMark']>>

/** The ledger may know less than the store, where it is another one or was put back, and never more. */
function checkMark({ store, generation }: StoreState, mark: Mark): void {
  if (mark === null) return
  if (mark.store !== store || mark.generation > generation) throw new StoreFault('rolled_back')
}

function adoption({ store, generation }: StoreState): LedgerRecordRequest {
  return { type: 'credential_store_adopted', store, generation, event: randomBytes(12).toString('base64url') }
}
