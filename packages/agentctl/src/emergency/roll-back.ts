import { type CallOutcome, CastellanError, ProcessHealth } from '@castellan/contracts'
import { goBackDirectly } from '../commands/switch/direct.ts'
import { operate, switchExitCode } from '../commands/switch/operate.ts'
import { awaitSwitch } from '../commands/switch/wait.ts'
import type { Context } from '../context.ts'
import { exitCodes } from '../exit.ts'
import { readSwitches, wentBackAlready } from './way-back.ts'

/** agentd has so long to answer, in milliseconds; then it is gone past. */
const ANSWER_MS = 3000

/**
 * Back to the system before the newest switch: through agentd, and past it where it does not answer. Throws
 * `unsupported_host` where no switch was ever made, `switch_rollback_failed` where another system runs afterwards.
 */
export async function rollBackNow(context: Context): Promise<string> {
  const switches = await readSwitches(context.stateFolder)
  if (wentBackAlready(switches)) return `The host went back before: ${switches[0]?.to.path} runs.`
  if (await agentdAnswers(context)) {
    const outcome = await takeBack(context).catch(nothingToLeave)
    if (outcome.error?.code === 'conflict') return `Nothing to take back. ${outcome.error.message}`
    if (switchExitCode(outcome) === exitCodes.ok) return outcome.summary
    throw new CastellanError('switch_rollback_failed', outcome.summary)
  }
  const back = await goBackDirectly(context.stateFolder).catch(nothingToLeave)
  if (back.runs) return `${back.path} runs again.`
  throw new CastellanError(
    'switch_rollback_failed',
    `The way back to ${back.path} ended with exit code ${back.exitCode}, and another system runs.`,
  )
}

/** One that is just being committed is waited for; a `conflict` that is left says that the system it made runs no more. */
async function takeBack(context: Context): Promise<CallOutcome> {
  const outcome = await operate(context, 'switch_rollback', {})
  if (outcome.error?.code !== 'conflict') return outcome
  await awaitSwitch(context, undefined)
  return operate(context, 'switch_rollback', {})
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

/** Where there is no switch to take back, this host has nothing of the kind; every other error stays what it is. */
function nothingToLeave(error: unknown): never {
  const isNone = error instanceof CastellanError && ['not_found', 'unsupported_host'].includes(error.code)
  if (!isNone) throw error
  throw new CastellanError(
    'unsupported_host',
    'Nothing to roll back: SafeSwitch has switched this host to no other system, which takes NixOS.',
  )
}
