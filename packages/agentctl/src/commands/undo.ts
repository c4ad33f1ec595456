import { CallOutcome } from '@castellan/contracts'
import { exitCodes } from '../exit.ts'
import type { Cli } from '../program.ts'
import { printable } from '../terminal.ts'
import { ledgerNumber } from './ledger/show.ts'

const teach = `
What was there before comes back only if what the act left is still as the act left it: what somebody changed since is not
lost without --force. What cannot be taken back says so and is left alone.

Examples:
  agentctl ledger tail               find the number of the act
  agentctl undo 12                   take back act 12
  agentctl undo 14                   take back that undo, where it was written as entry 14`

export function addUndo({ program, act }: Cli): void {
  program
    .command('undo')
    .argument('<number>', 'ledger number of the act: of its intent or of its outcome')
    .option('--force', 'even if what the act left was changed since', false)
    .description('take back an act; undoing is an act of its own and can be undone')
    .addHelpText('after', teach)
    .action(
      act(async (context, number: string, options: { force: boolean }) => {
        const index = ledgerNumber(number)
        const operator = await context.operator()
        const outcome = await operator.request('POST', '/v1/undo', {
          body: { index, force: options.force },
          schema: CallOutcome,
          timeoutMs: 120_000,
        })
        const { terminal } = context
        terminal.result(outcome, () => {
          const mark = outcome.ok ? terminal.paint('green', '✓') : terminal.paint('red', '✗')
          terminal.line(`${mark} ${printable(outcome.summary)}`)
          const again =
            outcome.undo?.possible === true ? `, take this back with \`agentctl undo ${outcome.ledger_index}\`` : ''
          terminal.line(terminal.paint('dim', `  ledger № ${outcome.ledger_index}${again}`))
        })
        return outcome.ok ? exitCodes.ok : exitCodes.failed
      }),
    )
}
