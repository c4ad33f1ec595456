import { CastellanError, errorFromEnvelope, newId, type ToolName } from '@castellan/contracts'
import type { z } from 'zod'
import type { Agentd } from '../agentd.ts'
import type { CurrentAgents } from '../chat/sessions.ts'
import type { Caller } from '../plugins/caller.ts'
import { actingAgent } from './acting-agent.ts'
import { channelOf } from './channel.ts'
import type { CallSessions } from './sessions.ts'

export interface ReadParts {
  readonly agentd: Agentd
  readonly sessions: CallSessions
  readonly agents: CurrentAgents
}

export interface Reading<Schema extends z.ZodType> {
  readonly tool: string
  readonly args: Record<string, unknown>
  /** What the tool's output has to be. */
  readonly schema: Schema
  readonly caller: Caller
  readonly signal: AbortSignal
}

/**
 * What a tool that only reads answers, on the path of every call: policy decides and the ledger has it. Throws what the tool
 * fails with, and `policy_denied` where policy wants a person asked, as nobody waits for one here.
 */
export async function readByTool<Schema extends z.ZodType>(
  { agentd, sessions, agents }: ReadParts,
  { tool, args, schema, caller, signal }: Reading<Schema>,
): Promise<z.output<Schema>> {
  const agent = actingAgent(agents, caller)
  const own = await sessions.of(caller, agent)
  const request = { call_id: newId('call'), agent, tool: tool as ToolName, args, channel: channelOf(caller), ...own }
  const answer = await agentd.call(request, signal)
  if (answer.status === 'approval_required') {
    await agentd.withdraw(answer.approval_id, own.session).catch(() => undefined)
    throw new CastellanError(
      'policy_denied',
      `Policy wants a person asked before ${tool} is called. Ask for it as a call: POST /api/v1/calls with the tool ${tool}.`,
    )
  }
  if (!answer.ok) {
    if (answer.error !== undefined) throw errorFromEnvelope(answer.error)
    throw new CastellanError('internal', answer.summary)
  }
  return schema.parse(answer.result)
}
