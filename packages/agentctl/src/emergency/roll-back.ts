import { CastellanError, ProcessHealth } from '@castellan/contracts'
import { goBackDirectly } from '../commands/switch/direct.ts'
import { operate, switchExitCode } from '../commands/switch/operate.ts'
import type { Context } from '../context.ts'
import { exitCodes } from '../exit.ts'

/** agentd has so long to answer, in milliseconds; then it is gone past. */
const ANSWER_MS = 3000

/**
 * Back to the system before the newest switch: through agentd, and past it where it does not answer. Throws
 * `unsupported_host` where no switch was ever made, `switch_rollback_failed` where another system runs afterwards.
 */
export async function rollBackNow(context: Context): Promise<string> {
  if (await agentdAnswers(context)) {
    const outcome = await operate(context, 'switch_rollback', {})
    if (switchExitCode(outcome) === exitCodes.ok) return outcome.summary
    const { code = 'internal' } = outcome.error ?? {}
    if (code === 'not_found' || code === 'unsupported_host') throw nothingToLeave()
    throw new CastellanError('switch_rollback_failed', outcome.summary)
  }
  const back = await goBackDirectly(context.stateFolder).catch((error: unknown) => {
    if (error instanceof CastellanError && error.code === 'not_found') throw nothingToLeave()
    throw error
  })
  if (back.runs) return `${back.path} runs again.`
  throw new CastellanError(
    'switch_rollback_failed',
    `The way back to ${back.path} ended with exit code ${back.exitCode}, and another system runs.`,
  )
}

/** Whether agentd can be asked anything, within three seconds. */
export async function agentdAnswers(context: Context): Promise<boolean> {
  try {
    const operator = await context.operator()
    await operator.request('GET', '/v1/health', { schema: ProcessHealth, timeoutMs: ANSWER_MS })
    return true
  } catch {
    return false
  }
}

function nothingToLeave(): CastellanError {
  return new CastellanError(
    'unsupported_host',
    'Nothing to roll back: SafeSwitch has switched this host to no other system, which takes NixOS.',
  )
}
