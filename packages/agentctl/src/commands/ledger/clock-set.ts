import { join } from 'node:path'
import { LedgerClockSet } from '@castellan/contracts'
import { findSystemdSeal, Ledger } from '@castellan/ledger'
import type { Command } from 'commander'
import { exitCodes } from '../../exit.ts'
import type { Cli } from '../../program.ts'

const help = `
The ledger takes no entry that is more than 5 seconds older than the newest one: a clock that jumped back would let acts be
dated at will. Where the clock was wrong before and is right now, this puts that on record, and entries go on from here.
Where Castellan does not run it works on the files, as the user they belong to.`

export function addLedgerClockSet(ledger: Command, { act }: Cli): void {
  ledger
    .command('clock-set')
    .requiredOption('--reason <text>', 'why the clock went back; it goes into the ledger')
    .description('record that the clock was set back, so that the ledger goes on')
    .addHelpText('after', help)
    .action(
      act(async (context, { reason }: { reason: string }) => {
        const operator = await context.operatorIfRunning()
        const index =
          operator === undefined
            ? await setOnDisk(context.stateFolder, reason)
            : (await operator.request('POST', '/v1/ledger/clock', { body: { reason }, schema: LedgerClockSet })).index
        context.terminal.result({ index }, () =>
          context.terminal.line(`The ledger goes on from now, as № ${index} says.`),
        )
        return exitCodes.ok
      }),
    )
}

async function setOnDisk(stateFolder: string, reason: string): Promise<number> {
  const keyDir = join(stateFolder, 'agentd', 'ledger-keys')
  const log = await Ledger.open({ dir: join(stateFolder, 'ledger'), keyDir, seal: await findSystemdSeal(keyDir) })
  try {
    const { index } = await log.append({ type: 'clock_set', actor: { kind: 'operator', name: 'operator' } }, { reason })
    return index
  } finally {
    await log.close()
  }
}
