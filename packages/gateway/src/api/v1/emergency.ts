import { freezeAgents, getFreeze, thawAgents } from '@castellan/contracts/api'
import type { FastifyInstance } from 'fastify'
import type { Agentd } from '../../agentd.ts'
import { proofOf } from '../proof.ts'
import { serve } from '../serve.ts'

/** The emergency stop. Who wants it is proved to agentd; the gateway carries the proof and cannot make it. */
export function addEmergency(app: FastifyInstance, agentd: Agentd): void {
  serve(app, getFreeze, ({ signal }) => agentd.freezeOnceChanged(undefined, signal))
  serve(app, freezeAgents, ({ body }) => {
    const { reason, at } = body
    return agentd.freezeAgents({ reason, at, proof: proofOf(body) })
  })
  serve(app, thawAgents, ({ body }) => {
    const { reason, at, freeze } = body
    return agentd.thawAgents({ reason, at, freeze, proof: proofOf(body) })
  })
}
