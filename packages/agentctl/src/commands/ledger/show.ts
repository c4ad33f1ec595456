import { LedgerRecord } from '@castellan/contracts'
import type { Command } from 'commander'
import { localTime } from '../../describe.ts'
import { exitCodes, UsageError } from '../../exit.ts'
import type { Cli } from '../../program.ts'
import { printable } from '../../terminal.ts'

export function addLedgerShow(ledger: Command, { act }: Cli): void {
  ledger
    .command('show')
    .argument('<number>', 'ledger number, as `agentctl ledger tail` shows it')
    .description('print one entry in full, with its arguments or result')
    .action(
      act(async (context, number: string) => {
        const index = ledgerNumber(number)
        const operator = await context.operator()
        const record = await operator.request('GET', `/v1/ledger/entries/${index}`, { schema: LedgerRecord })
        const { terminal } = context
        terminal.result(record, () => {
          const { entry, payload, payload_state, erased } = record
          terminal.line(terminal.paint('bold', `№ ${entry.index}  ${entry.type}  ${localTime(entry.time)}`))
          terminal.line(printable(JSON.stringify(entry, undefined, 2)))
          const when =
            erased === undefined
              ? ''
              : ` by ${printable(erased.actor.name)}, ${localTime(erased.time)}, see № ${erased.index}`
          terminal.line(terminal.paint('bold', `payload: ${payload_state}${when}`))
          if (payload !== undefined) terminal.line(printable(JSON.stringify(payload, undefined, 2)))
        })
        return exitCodes.ok
      }),
    )
}

/** Reads a ledger number from the command line. */
export function ledgerNumber(text: string): number {
  const index = Number(text)
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(index)) {
    throw new UsageError(`${text} is not a ledger number; \`agentctl ledger tail\` shows them.`)
  }
  return index
}
