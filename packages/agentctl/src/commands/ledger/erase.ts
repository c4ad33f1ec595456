import { LedgerErasure } from '@castellan/contracts'
import type { Command } from 'commander'
import { exitCodes } from '../../exit.ts'
import type { Cli } from '../../program.ts'
import { ledgerNumber } from './show.ts'

const help = `
Arguments, result and salts of the entry are destroyed; the entry itself, when it was and who did it stay, and the
ledger still verifies. That it was erased, by whom and why is an entry of its own. This cannot be taken back, and neither
can an act any more whose outcome is erased.

What a person was asked, the intent and the outcome of a call hold the same arguments: --call erases them all.

Examples:
  agentctl ledger erase 12 --call --reason 'held a customer address'
  agentctl ledger erase 12 --reason 'this entry alone'`

export function addLedgerErase(ledger: Command, { act }: Cli): void {
  ledger
    .command('erase')
    .argument('<number>', 'ledger number of the entry')
    .requiredOption('--reason <text>', 'why; it goes into the ledger')
    .option('--call', 'erase every entry of the call that it belongs to', false)
    .description('destroy what an entry holds beside the log, for good')
    .addHelpText('after', help)
    .action(
      act(async (context, number: string, { reason, call }: { reason: string; call: boolean }) => {
        const operator = await context.operator()
        const erasure = await operator.request('POST', '/v1/ledger/erasures', {
          body: { index: ledgerNumber(number), reason, call },
          schema: LedgerErasure,
          timeoutMs: 120_000,
        })
        const { terminal } = context
        terminal.result(erasure, () => {
          const { index, erased, related } = erasure
          terminal.line(
            `Erased ${numbers(erased)}; № ${index} records ${erased.length === 1 ? 'it' : 'the last of them'}.`,
          )
          if (related.length === 0) return
          terminal.line(`${numbers(related)} of the same call still hold its arguments or result.`)
          terminal.line(`Erase them too: agentctl ledger erase ${related[0]} --call --reason …`)
        })
        return exitCodes.ok
      }),
    )
}

function numbers(indexes: readonly number[]): string {
  return indexes.map((index) => `№ ${index}`).join(', ')
}
