import { join, resolve } from 'node:path'
import { verifyLedger } from '@castellan/ledger'
import type { Cli } from '../program.ts'
import { Progress } from '../progress.ts'
import { printVerdict } from '../verdict.ts'

const help = `
Reads the ledger on disk, without any daemon and without changing it; it may run while Castellan writes. Checks every
entry's hash chain, the Merkle tree, the head's signature, that each outcome has its intent, and that nothing was cut
off. docs/ledger.md lists the exit codes, one for each kind of damage.

Examples:
  agentctl verify-ledger
  agentctl verify-ledger --dir /mnt/copy/ledger --key 'castellan.…+…'      a copy, elsewhere`

interface VerifyOptions {
  dir?: string
  keys?: string
  key?: string
}

export function addVerifyLedger({ program, act }: Cli): void {
  program
    .command('verify-ledger')
    .option('--dir <dir>', "the ledger's folder (default: that of the state folder)")
    .option(
      '--keys <dir>',
      "the ledger's key folder (default: that of the state folder; without it payloads stay sealed)",
    )
    .option('--key <vkey>', 'the public key the head must be signed with, as a C2SP verifier key')
    .description('prove that nobody changed, cut or reordered the record')
    .addHelpText('after', help)
    .action(
      act(async (context, options: VerifyOptions) => {
        const { terminal } = context
        const progress = new Progress(terminal, 'entries')
        const verdict = await verifyLedger({
          dir: resolve(options.dir ?? join(context.stateFolder, 'ledger')),
          ...keyFolder(context.stateFolder, options),
          ...(options.key === undefined ? {} : { vkey: options.key }),
          onProgress: (done, total) => progress.update(done, total),
        })
        progress.end()
        terminal.result(verdict, () => printVerdict(terminal, verdict))
        return verdict.exitCode
      }),
    )
}

/** A copy of a ledger has no key folder beside it unless one is named. */
function keyFolder(stateFolder: string, { dir, keys }: VerifyOptions): { keyDir?: string } {
  if (keys !== undefined) return { keyDir: resolve(keys) }
  return dir === undefined ? { keyDir: join(stateFolder, 'agentd', 'ledger-keys') } : {}
}
