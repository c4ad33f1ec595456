import type { Command } from 'commander'
import { z } from 'zod'
import { exitCodes } from '../../exit.ts'
import type { Cli } from '../../program.ts'
import { ledgerNumber } from './show.ts'

const help = `
Arguments, result and salts of the entry are destroyed; the entry itself, when it was and who did it stay, and the
ledger still verifies. That it was erased, by whom and why is an entry of its own. This cannot be taken back.

Example:
  agentctl ledger erase 12 --reason 'held a customer address'`

export function addLedgerErase(ledger: Command, { act }: Cli): void {
  ledger
    .command('erase')
    .argument('<number>', 'ledger number of the entry')
    .requiredOption('--reason <text>', 'why; it goes into the ledger')
    .description('destroy what an entry holds beside the log, for good')
    .addHelpText('after', help)
    .action(
      act(async (context, number: string, options: { reason: string }) => {
        const operator = await context.operator()
        const erased = await operator.request('POST', '/v1/ledger/erasures', {
          body: { index: ledgerNumber(number), reason: options.reason },
          schema: z.looseObject({ index: z.int() }),
          timeoutMs: 120_000,
        })
        const { terminal } = context
        terminal.result(erased, () => terminal.line(`Erased № ${number}; № ${erased.index} records it.`))
        return exitCodes.ok
      }),
    )
}
