import { CastellanError, type ErrorCode } from '@castellan/contracts'
import type { EnvelopeFaultReason } from '../keys/envelope-fault.ts'

export type StoreFaultReason = EnvelopeFaultReason | 'missing'

/** Why the store does not load. Carries the reason and nothing of the content. */
export class StoreFault extends Error {
  readonly reason: StoreFaultReason

  constructor(reason: StoreFaultReason) {
    super(`the credential store is ${reason}`)
    this.name = 'StoreFault'
    this.reason = reason
  }
}

const TOLD: Record<StoreFaultReason, { readonly code: ErrorCode; readonly is: string }> = {
  missing: { code: 'credential_store_missing', is: 'is gone, though the ledger knows of it' },
  truncated: { code: 'credential_store_truncated', is: 'was cut short' },
  corrupt: { code: 'credential_store_corrupt', is: 'was changed by something other than the gateway' },
  swapped: { code: 'credential_store_swapped', is: 'holds a part in the place of another' },
  foreign: { code: 'credential_store_foreign', is: 'is under a key that is not at hand' },
  rolled_back: {
    code: 'credential_store_rolled_back',
    is: 'is older than the ledger says, so an old one was put back',
  },
  unsupported: { code: 'credential_store_unsupported', is: 'is no credential store of this version' },
}

/** The refusal that people and programs see. Nothing was loaded. */
export function refusalOf({ reason }: StoreFault, file: string): CastellanError {
  const { code, is } = TOLD[reason]
  return new CastellanError(
    code,
    `${file} ${is}. Nothing was loaded from it. Put it back from a backup, or start with an empty one: agentctl credential reset`,
  )
}
