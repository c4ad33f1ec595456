import type { Incident, RecoveryPlan } from '@castellan/contracts'
import { CastellanError } from '@castellan/contracts'
import { getIncident, getRecovery, IncidentView, listIncidents, takeRecoveryStep } from '@castellan/contracts/api'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { type ReadParts, readByTool } from '../../calls/read.ts'
import { pageFrom, windowOf } from '../pages.ts'
import { proofOf } from '../proof.ts'
import { serve } from '../serve.ts'

const Incidents = z.object({ truncated: z.boolean(), incidents: z.array(IncidentView) })

/** What went wrong, and the way back. A step back is an operator's signed word, which the gateway carries to agentd. */
export function addIncidents(app: FastifyInstance, parts: ReadParts): void {
  const { agentd } = parts

  serve(app, listIncidents, async ({ query, caller, signal }) => {
    const { offset, limit } = windowOf(query)
    const args = { offset, limit, ...(query.state === undefined ? {} : { state: query.state }) }
    const asked = { tool: 'incident_list', args, schema: Incidents, caller, signal }
    const { incidents, truncated } = await readByTool(parts, asked).catch(async (error: unknown) => {
      // Frozen agents read nothing; whoever is to thaw them has to see why they are.
      const frozen = error instanceof CastellanError && error.code === 'agents_frozen'
      if (!frozen || caller.kind === 'token') throw error
      const all = (await agentd.incidents(signal)).filter(
        ({ state }) => query.state === undefined || state === query.state,
      )
      const shown = all.slice(offset, offset + limit).map(viewOf)
      return { incidents: shown, truncated: offset + shown.length < all.length }
    })
    return pageFrom(offset, incidents, truncated)
  })

  serve(app, getIncident, async ({ params, signal }) => {
    return viewOf((await agentd.recovery(params.incident_id, signal)).incident)
  })

  serve(app, getRecovery, async ({ params, signal }) => planOf(await agentd.recovery(params.incident_id, signal)))

  serve(app, takeRecoveryStep, async ({ params, body, signal }) => {
    const { step, force, reason, at } = body
    const signed = { step, force, reason, at, proof: proofOf(body) }
    return planOf(await agentd.takeRecoveryStep(params.incident_id, signed, signal))
  })
}

function viewOf({ first_at, last_at, ...rest }: Incident): IncidentView {
  return { ...rest, firstAt: first_at, lastAt: last_at }
}

function planOf({ incident, steps }: RecoveryPlan) {
  return { incident: viewOf(incident), steps }
}
