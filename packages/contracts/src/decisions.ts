import { z } from 'zod'
import type { EngineDecision } from './engine.ts'
import { Sha256Hex } from './ids.ts'
import type { LedgerFacts } from './ledger.ts'

/**
 * What a call came from that a model on this machine decided: the caller's word, which the ledger keeps with the intent. The
 * same model, prompt, grammar and seed in the same engine decide the same again (`agentctl replay`).
 */
export const CallDecision = z.strictObject({
  model_digest: Sha256Hex,
  /** Of all that the model was asked. It lies in the payload: whoever guesses a prompt could tell by it that they are right. */
  prompt_digest: Sha256Hex,
  /** Of what the answer was forced into; null where nothing was. */
  grammar_digest: Sha256Hex.nullable(),
  seed: z.int().min(0).max(0xffffffff),
  /** Name and version, `castellan-engine 0.1.0`. */
  engine: z.string().min(1).max(120),
  /** Which of the calls in one answer this is, from 0. */
  position: z.int().min(0).max(255),
})
export type CallDecision = z.infer<typeof CallDecision>

/** What the ledger says of a decision in public. */
export type RecordedDecision = Omit<CallDecision, 'prompt_digest'>

/** The decision behind the call at this position of an answer. */
export function callDecision(decision: EngineDecision, position: number): CallDecision {
  const { modelDigest, promptDigest, grammarDigest, seed, engine } = decision
  return {
    model_digest: modelDigest,
    prompt_digest: promptDigest,
    grammar_digest: grammarDigest,
    seed,
    engine: `${engine.name} ${engine.version}`.slice(0, 120),
    position,
  }
}

/** A decision as facts of an entry; without the digest of the prompt, which can be erased. */
export function decisionFacts({ model_digest, grammar_digest, seed, engine, position }: CallDecision): LedgerFacts {
  return {
    decision_model: model_digest,
    ...(grammar_digest === null ? {} : { decision_grammar: grammar_digest }),
    decision_seed: seed,
    decision_engine: engine,
    decision_position: position,
  }
}

/** The decision that an entry tells of; null where no model on this machine made the call. */
export function decisionOf(facts: LedgerFacts = {}): RecordedDecision | null {
  const { decision_model, decision_grammar = null, decision_seed, decision_engine, decision_position } = facts
  const read = CallDecision.omit({ prompt_digest: true }).safeParse({
    model_digest: decision_model,
    grammar_digest: decision_grammar,
    seed: decision_seed,
    engine: decision_engine,
    position: decision_position,
  })
  return read.success ? read.data : null
}
