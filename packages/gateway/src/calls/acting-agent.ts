import type { AgentName } from '@castellan/contracts'
import type { CurrentAgents } from '../chat/sessions.ts'
import type { Caller } from '../plugins/caller.ts'
import { requireAgent } from '../tokens/rights.ts'

/**
 * Whom policy and budgets take a call of the API to come from: one of the agents there are, so that nobody gets a fresh budget
 * by making up a name. Throws `not_found` for another, and `forbidden` where the caller is bound to one that is not wanted.
 */
export function actingAgent(agents: CurrentAgents, caller: Caller, wanted?: AgentName): AgentName {
  const name = wanted ?? caller.agent ?? agents.default.name
  requireAgent(caller, name)
  return agents.get(name).name
}
