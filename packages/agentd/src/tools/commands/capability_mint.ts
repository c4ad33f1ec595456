import { BudgetLimits, CapabilityId, CapabilityRights, Timestamp } from '@castellan/contracts'
import { z } from 'zod'
import { changeLimits, defineTool } from '../define.ts'
import { count, moment } from '../words.ts'

/** Longest life of a capability, in minutes. */
const MOST_MINUTES = 24 * 60

export const capabilityMint = defineTool({
  name: 'capability_mint',
  title: 'Hand on a part of the rights',
  description:
    'Makes a token for a part of a task: the named tools, paths and hosts and no others, for this session and a limited time. Calls that carry it as `capability` get no more than that.',
  input: z.strictObject({
    tools: CapabilityRights.shape.tools.describe('Names of the tools it covers, e.g. ["file_read"].'),
    readable: CapabilityRights.shape.readable.describe('Absolute paths it may read, with all below. Default: none.'),
    writable: CapabilityRights.shape.writable.describe('Absolute paths it may write and read. Default: none.'),
    hosts: CapabilityRights.shape.hosts.describe(
      'Host names it may reach; "*.NAME" for those below NAME. Default: none.',
    ),
    budgets: BudgetLimits.default({}).describe(
      'What it may use up, e.g. {"tool_calls": 20}. Default: no limits of its own.',
    ),
    minutes: z
      .int()
      .min(1)
      .max(MOST_MINUTES)
      .default(60)
      .describe(`Minutes it is good for, 1 to ${MOST_MINUTES}. Default 60.`),
  }),
  output: z.strictObject({
    token: z.string().describe('What a call carries as `capability`. Whoever has it has these rights in this session.'),
    id: CapabilityId.describe('Its name in the ledger and in `agentctl capability`.'),
    ancestors: z.array(CapabilityId).describe('The capabilities it is a part of, the widest first.'),
    expiresAt: Timestamp,
  }),
  effect: 'change',
  undo: 'none',
  limits: { ...changeLimits, perMinute: 120 },
  summary: ({ id, expiresAt }, { tools }) =>
    `Made ${id} for ${count(tools.length, 'tool')}, good until ${moment(expiresAt)}.`,
  preview: async ({ tools, readable, writable, hosts, minutes }) => ({
    effects: [
      `Hands on the right to call ${tools.join(', ')} for ${count(minutes, 'minute')}, to this session only.`,
      `It may read ${listed([...readable, ...writable])}, write ${listed(writable)} and reach ${listed(hosts)}.`,
    ],
    undo: 'It can be revoked at any time: agentctl capability revoke ID.',
  }),
  run: async ({ tools, readable, writable, hosts, budgets, minutes }, { host, call }) => {
    const rights = { tools, readable, writable, hosts }
    const minted = await host.capabilities.mint({ rights, limits: budgets, lifeSeconds: minutes * 60 }, call)
    const { token, id, ancestors, expires } = minted
    return { token, id, ancestors: [...ancestors], expiresAt: new Date(expires).toISOString() }
  },
})

function listed(names: readonly string[]): string {
  return names.length === 0 ? 'nothing' : names.slice(0, 20).join(', ')
}
