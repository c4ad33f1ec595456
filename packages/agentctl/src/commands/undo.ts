import { AgentName, CallOutcome, errorFromEnvelope, newId } from '@castellan/contracts'
import type { UnixClient } from '@castellan/daemon'
import { z } from 'zod'
import { callAsOperator } from '../calls.ts'
import { exitCodeOf, exitCodes } from '../exit.ts'
import type { Cli } from '../program.ts'
import { printable, type Terminal } from '../terminal.ts'
import { printOutcome } from './call.ts'
import { ledgerNumber } from './ledger/show.ts'

const teach = `
What was there before comes back only if what the act left is still as the act left it: what somebody changed since is not
lost without --force. What cannot be taken back says so and is left alone.

Examples:
  agentctl ledger tail               find the number of the act
  agentctl undo 12 --preview         see what taking back act 12 would do, and change nothing
  agentctl undo 12                   take back act 12
  agentctl undo 14                   take back that undo, where it was written as entry 14`

/** What of `undo_preview`'s output is shown. */
const UndoLook = z.object({
  index: z.int(),
  tool: z.string(),
  possible: z.boolean(),
  forcible: z.boolean(),
  obstacle: z.object({ message: z.string() }).nullable(),
  effects: z.array(z.string()),
  diff: z.string().nullable(),
})

export function addUndo({ program, act }: Cli): void {
  program
    .command('undo')
    .argument('<number>', 'ledger number of the act: of its intent, or of its outcome or interruption')
    .option('--preview', 'only show what it would do', false)
    .option('--force', 'even if what the act left was changed since', false)
    .description('take back an act; undoing is an act of its own and can be undone')
    .addHelpText('after', teach)
    .action(
      act(async (context, number: string, options: { force: boolean; preview: boolean }) => {
        const index = ledgerNumber(number)
        const operator = await context.operator()
        const { terminal } = context
        const preview = await lookAhead(operator, index)
        if (options.preview) {
          const look = UndoLook.safeParse(preview.result)
          terminal.result(preview, () =>
            look.success ? printLook(terminal, look.data) : printOutcome(terminal, preview),
          )
          return preview.error === undefined ? exitCodes.ok : exitCodeOf(errorFromEnvelope(preview.error))
        }
        const outcome = await operator.request('POST', '/v1/undo', {
          body: { index, force: options.force },
          schema: CallOutcome,
          timeoutMs: 120_000,
        })
        terminal.result(outcome, () => {
          const look = UndoLook.safeParse(preview.result)
          if (look.success) printLook(terminal, look.data)
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

function lookAhead(operator: UnixClient, index: number): Promise<CallOutcome> {
  return callAsOperator(operator, {
    call_id: newId('call'),
    session: newId('ses'),
    agent: AgentName.parse('operator'),
    tool: 'undo_preview',
    args: { index },
  })
}

function printLook(terminal: Terminal, look: z.infer<typeof UndoLook>): void {
  terminal.line(terminal.paint('dim', `Taking back act ${look.index} (${look.tool}):`))
  for (const effect of look.effects) terminal.line(`  ${printable(effect)}`)
  for (const line of look.diff?.trimEnd().split('\n') ?? []) {
    const colour = line.startsWith('+') ? 'green' : line.startsWith('-') ? 'red' : 'dim'
    terminal.line(`  ${terminal.paint(colour, printable(line))}`)
  }
  if (look.obstacle === null) return
  const how = look.forcible ? ' It is taken back only with --force.' : ''
  terminal.line(`  ${terminal.paint('yellow', printable(look.obstacle.message))}${how}`)
}
