import { CastellanError, type Freeze, FreezeState, newId, ProcessHealth } from '@castellan/contracts'
import { Latch } from '@castellan/daemon'
import type { Context } from '../context.ts'

/** agentd has so long to answer, in milliseconds; then it is gone past. */
const ANSWER_MS = 3000

/** Freezes all agents: through agentd, which stops what runs at once, or past it by the latch that it reads. */
export async function freezeAgents(context: Context, level: Freeze['level'], reason: string): Promise<string> {
  const answer = await askAgentd(context, '/v1/panic', { level, reason })
  if (answer === null) return 'Agents are frozen: their calls are stopped, and what they asked is off the table.'
  const at = new Date().toISOString()
  await new Latch(context.stateFolder).set({ id: newId('frz'), level, at, reason }).catch((error: Error) => {
    throw new CastellanError(
      'permission_denied',
      `Agents could not be frozen: ${error.message}. Run agentctl as the user who runs Castellan, as root on NixOS.`,
    )
  })
  return `Agents are frozen on disk. ${answer} It reads that before each call, and tells the ledger when it can.`
}

/** Lets agents act again. Throws `conflict` where they were not frozen. */
export async function thawAgents(context: Context, reason: string): Promise<string> {
  const answer = await askAgentd(context, '/v1/thaw', { reason })
  if (answer === null) return 'Agents may act again.'
  const ended = await new Latch(context.stateFolder).clear(reason)
  if (ended === null) throw new CastellanError('conflict', 'Agents are not frozen, so there is nothing to thaw.')
  return `Agents may act again. ${answer} It tells the ledger when it can.`
}

/** Null where agentd did it; else why it did not. Its `conflict` is thrown: that is an answer. */
async function askAgentd(context: Context, path: string, body: unknown): Promise<string | null> {
  try {
    const operator = await context.operator()
    await operator.request('GET', '/v1/health', { schema: ProcessHealth, timeoutMs: ANSWER_MS })
    await operator.request('POST', path, { body, schema: FreezeState, timeoutMs: ANSWER_MS })
    return null
  } catch (error) {
    if (!(error instanceof CastellanError)) throw error
    if (error.code === 'conflict') throw error
    if (error.code === 'agentd_unavailable') return 'agentd does not run.'
    return error.code === 'deadline_exceeded' ? 'agentd does not answer.' : `agentd failed: ${error.message}`
  }
}
