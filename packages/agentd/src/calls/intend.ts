import { CastellanError, decisionFacts, type LedgerIndex } from '@castellan/contracts'
import type { Permit } from './approve.ts'
import { type Call, channelFact, headerOf, whyStopped } from './call.ts'
import type { Permission } from './decide.ts'
import type { CallParts } from './path.ts'
import type { Plan } from './plan.ts'

/**
 * Writes down what is about to happen; on disk when it returns. Throws why, if the call was stopped by now. Null
 * for a read on a damaged ledger: seeing what is wrong changes nothing, so it runs, is counted and goes unrecorded.
 */
export async function intend(
  { ledger, policy }: CallParts,
  call: Call,
  { facts }: Plan,
  { rule }: Permission,
  permit: Permit,
): Promise<LedgerIndex | null> {
  if (call.signal.aborted) throw whyStopped(call.signal, 'the call was not begun')
  const { decision } = call
  const draft = {
    ...headerOf(call),
    type: 'intent' as const,
    ...(permit.kind === 'grant' ? { approval_id: permit.approval.approval_id } : {}),
    facts: {
      rule,
      policy_digest: policy.digest,
      ...channelFact(call),
      ...facts,
      ...(decision === undefined ? {} : decisionFacts(decision)),
    },
  }
  try {
    const prompt = decision === undefined ? {} : { prompt_digest: decision.prompt_digest }
    return await ledger.append(draft, { args: call.args, ...prompt })
  } catch (error) {
    const damaged = error instanceof CastellanError && error.code === 'ledger_damaged'
    if (!damaged || call.tool.effect !== 'read') throw error
    await ledger.countUnrecorded()
    return null
  }
}
