import { join } from 'node:path'
import { Ledger } from '@castellan/ledger'
import type { Command } from 'commander'
import { exitCodes } from '../../exit.ts'
import type { Cli } from '../../program.ts'

const help = `
The ledger takes no entry that is more than 5 seconds older than the newest one: a clock that jumped back would let acts be
dated at will. Where the clock was wrong before and is right now, this puts that on record, and entries go on from here.
It works on the files, as the user they belong to; stop Castellan first.`

export function addLedgerClockSet(ledger: Command, { act }: Cli): void {
  ledger
    .command('clock-set')
    .requiredOption('--reason <text>', 'why the clock went back; it goes into the ledger')
    .description('record that the clock was set back, so that the ledger goes on')
    .addHelpText('after', help)
    .action(
      act(async ({ terminal, stateFolder }, { reason }: { reason: string }) => {
        const log = await Ledger.open({
          dir: join(stateFolder, 'ledger'),
          keyDir: join(stateFolder, 'agentd', 'ledger-keys'),
        })
        try {
          const actor = { kind: 'operator', name: 'operator' } as const
          const { index, entry } = await log.append({ type: 'clock_set', actor }, { reason })
          const time = new Date(entry.time).toISOString()
          terminal.result({ index, time }, () => terminal.line(`The ledger goes on from ${time}, as № ${index} says.`))
        } finally {
          await log.close()
        }
        return exitCodes.ok
      }),
    )
}
