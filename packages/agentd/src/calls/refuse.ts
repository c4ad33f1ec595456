import { type CastellanError, decisionFacts } from '@castellan/contracts'
import { type Call, channelFact, headerOf } from './call.ts'
import type { CallParts } from './path.ts'

/** Records that a call was turned away before any effect, and hands back the error to throw. */
export async function refuse(
  { ledger, policy }: Pick<CallParts, 'ledger' | 'policy'>,
  call: Call,
  error: CastellanError,
): Promise<CastellanError> {
  const { decision } = call
  const prompt = decision === undefined ? {} : { prompt_digest: decision.prompt_digest }
  await ledger.append(
    {
      ...headerOf(call),
      type: 'refused',
      ...(call.approvalId === undefined ? {} : { approval_id: call.approvalId }),
      code: error.code,
      facts: {
        policy_digest: policy.digest,
        ...channelFact(call),
        ...(decision === undefined ? {} : decisionFacts(decision)),
      },
    },
    { args: call.args, reason: error.message, ...prompt },
  )
  return error
}
