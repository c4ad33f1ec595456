import { CastellanError, type LedgerIndex } from '@castellan/contracts'
import type { Permit } from './approve.ts'
import { type Call, headerOf } from './call.ts'
import type { Permission } from './decide.ts'
import type { CallParts } from './path.ts'

/** Writes down what is about to happen; on disk when it returns. Throws `cancelled` if the caller has gone by now. */
export async function intend(
  { ledger, policy }: CallParts,
  call: Call,
  { rule }: Permission,
  permit: Permit,
): Promise<LedgerIndex> {
  if (call.signal.aborted) throw new CastellanError('cancelled', 'The caller went away before the call began.')
  return ledger.append(
    {
      ...headerOf(call),
      type: 'intent',
      ...(permit.kind === 'grant' ? { approval_id: permit.approval.approval_id } : {}),
      facts: { rule, policy_digest: policy.digest },
    },
    { args: call.args },
  )
}
