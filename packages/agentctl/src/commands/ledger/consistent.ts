import { readFile } from 'node:fs/promises'
import { LogView, openCheckpoint, verifyConsistency } from '@castellan/ledger'
import type { Command } from 'commander'
import { exitCodes, UsageError } from '../../exit.ts'
import type { Cli } from '../../program.ts'
import { ledgerFolder } from './prove.ts'

const help = `
A checkpoint is the file \`checkpoint\` in the ledger's folder. Keep a copy of one elsewhere from time to time: the ledger
must be a continuation of every one of them.

Example:
  agentctl ledger consistent /mnt/usb/checkpoint-2026-11-01`

export function addLedgerConsistent(ledger: Command, { act }: Cli): void {
  ledger
    .command('consistent')
    .argument('<checkpoint>', 'a checkpoint of this ledger that was kept elsewhere')
    .option('--dir <dir>', "the ledger's folder (default: that of the state folder)")
    .description('check that the ledger continues an earlier checkpoint: nothing before it was changed or dropped')
    .addHelpText('after', help)
    .action(
      act(async (context, file: string, options: { dir?: string }) => {
        const view = await LogView.open(ledgerFolder(context, options))
        const earlier = openCheckpoint(await readCheckpoint(file), view.verifiers)
        const { size, root } = view.checkpoint
        const proof = earlier.size <= size ? await view.proveConsistency(earlier.size) : []
        const ok = verifyConsistency(earlier.size, earlier.root, size, root, proof)
        const answer = { ok, from: earlier.size, to: size, proof: proof.map((hash) => hash.toString('base64')) }
        const { terminal } = context
        terminal.result(answer, () =>
          ok
            ? terminal.line(
                terminal.paint('green', `✓ The ${size} entries of now continue the ${earlier.size} of then.`),
              )
            : terminal.line(terminal.paint('red', `✗ ${whyNot(earlier.size, size)}`)),
        )
        return ok ? exitCodes.ok : exitCodes.failed
      }),
    )
}

function whyNot(then: number, now: number): string {
  return then > now
    ? `The checkpoint has ${then} entries, the ledger only ${now}: entries are gone, or an older copy was put back.`
    : `The ledger does not continue this checkpoint: one of its first ${then} entries is not what was signed then.`
}

async function readCheckpoint(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    throw new UsageError(`${path} cannot be read: ${(error as Error).message}`)
  }
}
