import { listOperatorKeys, removeOperatorKey, renameOperatorKey } from '@castellan/contracts/api'
import type { FastifyInstance } from 'fastify'
import type { Agentd } from '../../agentd.ts'
import type { PageSessions } from '../../sign-in/sessions.ts'
import { proofOf } from '../proof.ts'
import { serve } from '../serve.ts'

export interface OperatorsParts {
  readonly agentd: Agentd
  readonly pageSessions: Pick<PageSessions, 'endOfKey'>
}

/** The keys that can say yes. agentd keeps them; the gateway carries the word of one about another. */
export function addOperators(app: FastifyInstance, { agentd, pageSessions }: OperatorsParts): void {
  serve(app, listOperatorKeys, ({ signal }) => agentd.operatorKeys(signal))

  serve(app, removeOperatorKey, async ({ params: { key_id }, body }) => {
    const removed = await agentd.removeOperatorKey(key_id, { at: body.at, proof: proofOf(body) })
    await pageSessions.endOfKey(key_id)
    return removed
  })

  serve(app, renameOperatorKey, ({ params: { key_id }, body }) => {
    const { at, name } = body
    return agentd.renameOperatorKey(key_id, { at, name, proof: proofOf(body) })
  })
}
