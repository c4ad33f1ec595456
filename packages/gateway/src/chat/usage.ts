import { type BudgetLine, CastellanError } from '@castellan/contracts'
import type { Usage } from '../engines/engine.ts'
import type { Turn } from './turn.ts'

export interface Estimate {
  readonly promptTokens: number
  readonly outputTokens: number
}

/**
 * Tells agentd what the model used for one answer, by estimate where the provider did not count: a budget is no less spent
 * for that. Throws `budget_exceeded` when a budget of the session is spent; an
 * agentd that cannot be told stops no conversation, because its own limits on calls hold without it.
 */
export async function reportUsage(
  usage: Usage,
  estimate: Estimate,
  { agentd, agent, chat, log, signal }: Turn,
): Promise<void> {
  const report = {
    agent: agent.name,
    prompt_tokens: Math.max(0, Math.round(usage.promptTokens ?? estimate.promptTokens)),
    output_tokens: Math.max(0, Math.round(usage.outputTokens ?? estimate.outputTokens)),
    ...(chat.sessionKey === undefined ? {} : { session_key: chat.sessionKey }),
  }
  const spent = await agentd.reportUsage(chat.session, report, signal).catch((error: unknown) => {
    log.debug({ err: error, chat_id: chat.id }, 'the usage of a model was not reported')
    return []
  })
  const [first] = spent
  if (first !== undefined) throw exceeded(first)
}

function exceeded({ scope, resource, spent, limit }: BudgetLine): CastellanError {
  return new CastellanError(
    'budget_exceeded',
    `The budget of ${scope} is spent: ${spent} of ${limit} ${resource}. The operator can raise it: ` +
      `agentctl budget raise ${scope} ${resource} AMOUNT.`,
  )
}
