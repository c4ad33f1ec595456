import { join, resolve } from 'node:path'
import { LogView } from '@castellan/ledger'
import type { Command } from 'commander'
import type { Context } from '../../context.ts'
import { exitCodes } from '../../exit.ts'
import type { Cli } from '../../program.ts'
import { ledgerNumber } from './show.ts'

const help = `
The proof is a C2SP tlog-proof file: the entry, its place in the Merkle tree, and the signed tree head. It holds no
arguments and no results, only commitments to them, and is checked anywhere with \`agentctl ledger check\`.

Example:
  agentctl ledger prove 12 > 12.tlog-proof`

export function addLedgerProve(ledger: Command, { act }: Cli): void {
  ledger
    .command('prove')
    .argument('<number>', 'ledger number, as `agentctl ledger tail` shows it')
    .option('--dir <dir>', "the ledger's folder (default: that of the state folder)")
    .description('print a proof that an entry is in the ledger; needs no daemon and no key')
    .addHelpText('after', help)
    .action(
      act(async (context, number: string, options: { dir?: string }) => {
        const view = await LogView.open(ledgerFolder(context, options))
        const proof = await view.prove(ledgerNumber(number))
        context.terminal.result({ index: Number(number), proof }, () => context.terminal.out.write(proof))
        return exitCodes.ok
      }),
    )
}

/** The folder a command on the ledger's files works on. */
export function ledgerFolder(context: Context, { dir }: { dir?: string }): string {
  return resolve(dir ?? join(context.stateFolder, 'ledger'))
}
