import { deleteAgent, getAgent, listAgents, putAgent, reloadAgents } from '@castellan/contracts/api'
import type { FastifyInstance } from 'fastify'
import type { Agents } from '../../agents/agents.ts'
import { requireAgent } from '../../tokens/rights.ts'
import { serve } from '../serve.ts'

/** Who can be talked to. */
export function addAgents(app: FastifyInstance, agents: Agents): void {
  const listing = () => ({ ...agents.state, items: agents.list().map((agent) => agents.view(agent)) })

  serve(app, listAgents, listing)

  serve(app, getAgent, ({ params }) => {
    const agent = agents.get(params.agent)
    return { ...agents.view(agent), prompt: agent.systemPrompt }
  })

  serve(app, putAgent, async ({ params, query, body, caller, signal }) => {
    requireAgent(caller, params.agent)
    const change = { ifDigest: query.if_digest, by: caller.credential, signal }
    return agents.view(await agents.put(params.agent, body, change))
  })

  serve(app, deleteAgent, async ({ params, query, caller, signal }) => {
    requireAgent(caller, params.agent)
    await agents.remove(params.agent, { ifDigest: query.if_digest, by: caller.credential, signal })
    return undefined
  })

  serve(app, reloadAgents, async ({ caller, signal }) => {
    await agents.reload(caller.credential, signal)
    return listing()
  })
}
