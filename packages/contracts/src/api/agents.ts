import { z } from 'zod'
import { AgentDescription, AgentsState, AgentView } from '../agents.ts'
import { AgentName, Sha256Hex } from '../ids.ts'
import { defineOperation } from './operation.ts'

const ByName = z.strictObject({ agent: AgentName })
/** Refuses the change where agents.json is not the one that was read. */
const Unless = z.strictObject({ if_digest: Sha256Hex.optional() })

const digest = '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08'
const example = {
  name: 'main',
  title: null,
  is_default: true,
  prompt_source: 'built_in',
  engine: { engine: 'llama' },
  memory: { enabled: true, token_budget: 600 },
  digest,
}
const state = { digest, loaded_at: '2026-11-21T03:00:00.000Z', problem: null }

export const listAgents = defineOperation({
  id: 'listAgents',
  method: 'GET',
  path: '/api/v1/agents',
  tag: 'agents',
  summary: 'Who can be talked to',
  description:
    'The agents in force. Where `agents.json` was refused, `problem` says why and the agents from before are in force.',
  scope: 'read',
  status: 200,
  answer: z.strictObject({ ...AgentsState.shape, items: z.array(AgentView) }),
  errors: [],
  example: { answer: { ...state, items: [example] } },
})

export const getAgent = defineOperation({
  id: 'getAgent',
  method: 'GET',
  path: '/api/v1/agents/{agent}',
  tag: 'agents',
  summary: 'One agent, with its prompt',
  scope: 'operate',
  params: ByName,
  status: 200,
  answer: AgentView.extend({ prompt: z.string() }),
  errors: ['not_found'],
  example: { params: { agent: 'main' }, answer: { ...example, prompt: 'You keep a Linux server for its owner.' } },
})

export const putAgent = defineOperation({
  id: 'putAgent',
  method: 'PUT',
  path: '/api/v1/agents/{agent}',
  tag: 'agents',
  summary: 'Add an agent, or change one',
  description:
    'Writes `agents.json` whole and takes it up; where there was none, the built-in agent `main` is written into it too. An engine ' +
    'that is not well, or a credential of a kind it does not take, is refused and nothing is changed. Chats that are under way keep ' +
    'the agent as it was; `renewChat` takes up the new one. An entry of the ledger says that the file changed.',
  scope: 'admin',
  ofOneAgent: true,
  params: ByName,
  query: Unless,
  body: AgentDescription,
  status: 200,
  answer: AgentView,
  errors: ['agents_invalid', 'engine_unsuitable', 'conflict', 'ledger_unavailable'],
  example: {
    params: { agent: 'main' },
    query: {},
    body: { prompt: 'You keep a Linux server for its owner.', engine: { engine: 'llama' } },
    answer: { ...example, prompt_source: 'inline' },
  },
})

export const deleteAgent = defineOperation({
  id: 'deleteAgent',
  method: 'DELETE',
  path: '/api/v1/agents/{agent}',
  tag: 'agents',
  summary: 'Take an agent out of agents.json',
  description: 'Its chats stay and can be read, exported and deleted; nothing more can be said in them.',
  scope: 'admin',
  ofOneAgent: true,
  params: ByName,
  query: Unless,
  status: 204,
  errors: ['not_found', 'agents_invalid', 'conflict', 'ledger_unavailable'],
  example: { params: { agent: 'night-watch' }, query: {} },
})

export const reloadAgents = defineOperation({
  id: 'reloadAgents',
  method: 'POST',
  path: '/api/v1/agents/reload',
  tag: 'agents',
  summary: 'Read agents.json again',
  description:
    'As SIGHUP does. A file that does not fit is refused with every reason, and the agents from before stay.',
  scope: 'admin',
  status: 200,
  answer: z.strictObject({ ...AgentsState.shape, items: z.array(AgentView) }),
  errors: ['agents_invalid'],
  example: { answer: { ...state, items: [example] } },
})
