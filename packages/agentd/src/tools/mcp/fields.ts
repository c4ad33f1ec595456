import type { McpServerView } from '@castellan/contracts'
import { Timestamp } from '@castellan/contracts'
import { z } from 'zod'
import { count } from '../words.ts'

export const serverField = z
  .string()
  .min(1)
  .max(24)
  .describe('The server, as the owner declared it; mcp_server_list names them all.')

/** A server as tools show it: what can be called, and what waits for the operator. */
export const ShownServer = z.strictObject({
  name: z.string(),
  state: z.enum(['stopped', 'starting', 'running', 'failed']),
  problem: z.string().nullable().describe('Why it does not run although it should.'),
  startedAt: Timestamp.nullable(),
  domains: z.array(z.string()).describe('What it may reach on the network; nothing where this is empty.'),
  tools: z.array(z.string()).describe('Its tools that can be called, by the names they have here.'),
  waiting: z.array(z.string()).describe('Its tools that are refused until the operator has accepted them.'),
})
export type ShownServer = z.output<typeof ShownServer>

export function shown({ name, state, problem, started_at, domains, tools }: McpServerView): ShownServer {
  const names = (accepted: boolean): string[] =>
    tools.filter((tool) => (tool.state === 'accepted') === accepted).map((tool) => tool.name ?? tool.own_name)
  return {
    name,
    state,
    problem: problem ?? null,
    startedAt: started_at ?? null,
    domains,
    tools: names(true),
    waiting: names(false),
  }
}

export function sentence({ name, state, problem, tools, waiting }: ShownServer): string {
  const held = waiting.length === 0 ? '' : `; ${count(waiting.length, 'tool')} of it wait for the operator`
  if (state === 'running') return `${name} runs with ${count(tools.length, 'tool')}${held}.`
  return problem === null ? `${name} is ${state}.` : `${name} is ${state}: ${problem}`
}
