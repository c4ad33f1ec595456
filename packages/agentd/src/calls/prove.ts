import type { CallAnswer } from '@castellan/contracts'
import type { CallParts } from './path.ts'

/**
 * The answer with the proof of its outcome, if it has one. What was done is done and on record: where the proof cannot
 * be made just now, the answer goes without, and `GET /v1/ledger/entries/:index/proof` gives it later.
 */
export async function withProof({ ledger, log }: CallParts, answer: CallAnswer): Promise<CallAnswer> {
  if (answer.status !== 'done' || answer.ledger_index === null) return answer
  try {
    return { ...answer, proof: await ledger.proof(answer.ledger_index) }
  } catch (error) {
    log.error({ err: error, call_id: answer.call_id }, 'an outcome could not be proven')
    return answer
  }
}
