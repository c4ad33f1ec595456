import type { PolicyWord } from '@castellan/contracts'
import {
  changePolicy,
  explainPolicy,
  getPolicy,
  listPolicyVersions,
  revokePolicyRule,
  type SignedPolicyWord,
  tryPolicy,
} from '@castellan/contracts/api'
import type { FastifyInstance } from 'fastify'
import type { Agentd } from '../../agentd.ts'
import { proofOf } from '../proof.ts'
import { serve } from '../serve.ts'

/** Policy as agentd tells it. The gateway judges nothing and changes nothing: it carries a word that it cannot make. */
export function addPolicy(app: FastifyInstance, { policy }: Agentd): void {
  serve(app, getPolicy, ({ signal }) => policy.view(signal))
  serve(app, explainPolicy, ({ body, signal }) => policy.explain(body, signal))
  serve(app, listPolicyVersions, ({ query, signal }) => policy.versions(query.file, signal))
  serve(app, tryPolicy, ({ body: { word, ...draft }, signal }) =>
    policy.try({ ...draft, ...(word && { word: carried(word) }) }, signal),
  )
  serve(app, changePolicy, ({ body }) => policy.change({ ...body, word: carried(body.word) }))
  serve(app, revokePolicyRule, ({ body }) => policy.revoke({ ...body, word: carried(body.word) }))
}

function carried({ policy, loaded, at, ...proof }: SignedPolicyWord): PolicyWord {
  return { policy, loaded, at, proof: proofOf(proof) }
}
