import { AgentName, CallLine, type CallOutcome, CastellanError, errorFromEnvelope, newId } from '@castellan/contracts'
import type { Context } from '../../context.ts'
import { exitCodeOf, exitCodes } from '../../exit.ts'
import { printable } from '../../terminal.ts'

/** How long until a call has to begin to answer; what a switch takes is its plan's business. */
const BEGIN_MS = 4 * 3_600_000

/** Calls one tool as the operator, and shows its progress where a person is looking. */
export async function operate(context: Context, tool: string, args: Record<string, unknown>): Promise<CallOutcome> {
  const { terminal } = context
  const operator = await context.operator()
  const body = { call_id: newId('call'), session: newId('ses'), agent: AgentName.parse('operator'), tool, args }
  const lines = operator.stream('POST', '/v1/calls', { body, schema: CallLine, timeoutMs: BEGIN_MS })
  for await (const line of lines) {
    if ('progress' in line) {
      if (!terminal.json) terminal.note(terminal.paint('dim', `· ${printable(line.progress.message)}`))
    } else if ('error' in line) throw errorFromEnvelope(line.error)
    else if (line.answer.status === 'done') return line.answer
  }
  throw new CastellanError(
    'agentd_unavailable',
    'agentd went away before it answered; `agentctl switch status` tells how it stands.',
  )
}

/** Prints how it ended, and answers the exit code that stands for it. `print` shows more of a good result. */
export function conclude(
  { terminal }: Context,
  outcome: CallOutcome,
  print?: (result: Record<string, unknown>) => void,
): number {
  terminal.result(outcome, () => {
    const mark = outcome.ok ? terminal.paint('green', '✓') : terminal.paint('red', '✗')
    terminal.line(`${mark} ${printable(outcome.summary)}`)
    if (outcome.ok) print?.(outcome.result as Record<string, unknown>)
    const undo = outcome.undo?.possible === true ? `, take it back with \`agentctl undo ${outcome.ledger_index}\`` : ''
    terminal.line(terminal.paint('dim', `  ledger № ${outcome.ledger_index}${undo}`))
  })
  return switchExitCode(outcome)
}

/** How a switch ended, as scripts see it: 0 only where the new system is committed. */
export function switchExitCode(outcome: CallOutcome): number {
  if (outcome.ok) {
    const { phase } = (outcome.result ?? {}) as { phase?: string }
    if (phase === 'staged') return exitCodes.staged
    return phase === 'confirming' ? exitCodes.unconfirmed : exitCodes.ok
  }
  if (outcome.error === undefined) return exitCodes.failed
  switch (outcome.error.code) {
    case 'switch_rolled_back':
      return exitCodes.rolledBack
    case 'switch_refused':
      return exitCodes.switchRefused
    case 'switch_rollback_failed':
      return exitCodes.rollbackFailed
    default:
      return exitCodeOf(errorFromEnvelope(outcome.error))
  }
}
