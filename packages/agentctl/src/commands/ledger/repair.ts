import { join } from 'node:path'
import { LedgerState } from '@castellan/contracts'
import { findSystemdSeal, repairLedger } from '@castellan/ledger'
import type { Command } from 'commander'
import { exitCodes } from '../../exit.ts'
import type { Cli } from '../../program.ts'
import { printVerdict } from '../../verdict.ts'

const help = `
Nothing that is there is lost: everything is copied aside as it was found, and signed gap entries record what is gone.
An agent cannot repair; this works on the files, as the user they belong to. A running Castellan takes the ledger up
again by itself afterwards. See docs/ledger.md.`

export function addLedgerRepair(ledger: Command, { act }: Cli): void {
  ledger
    .command('repair')
    .requiredOption('--reason <text>', 'why; it goes into the ledger')
    .description('bring a damaged ledger back to work, with its losses on record')
    .addHelpText('after', help)
    .action(
      act(async (context, options: { reason: string }) => {
        const { terminal, stateFolder } = context
        const keyDir = join(stateFolder, 'agentd', 'ledger-keys')
        const report = await repairLedger({
          dir: join(stateFolder, 'ledger'),
          keyDir,
          actor: { kind: 'operator', name: 'operator' },
          reason: options.reason,
          seal: await findSystemdSeal(keyDir),
        })
        const operator = await context.operatorIfRunning()
        await operator?.request('POST', '/v1/ledger/reopen', { schema: LedgerState })
        terminal.result(report, () => {
          if (report.quarantine === null) terminal.line('The ledger is whole; nothing was done.')
          else {
            terminal.line(`What was found lies in ${report.quarantine}.`)
            if (report.gaps.length > 0) terminal.line(`The losses are on record at № ${report.gaps.join(', № ')}.`)
            printVerdict(terminal, report.after)
          }
        })
        return report.after.ok ? exitCodes.ok : exitCodes.failed
      }),
    )
}
