import { readFile } from 'node:fs/promises'
import { CastellanError } from '@castellan/contracts'
import { checkProof, parsePolicy } from '@castellan/ledger'
import type { Command } from 'commander'
import { localTime } from '../../describe.ts'
import { exitCodes, UsageError } from '../../exit.ts'
import type { Cli } from '../../program.ts'
import { printable } from '../../terminal.ts'

const help = `
Works offline on any machine. The key is the log's verifier key as \`agentctl verify-ledger\` prints it; take it from a
place the log's keeper cannot write to. After a change of key, name each key with a --key of its own.

Example:
  agentctl ledger check 12.tlog-proof --key 'castellan/web1/5d0c1b2a+9f3e…'`

interface CheckOptions {
  key: string[]
  policy?: string
}

export function addLedgerCheck(ledger: Command, { act }: Cli): void {
  ledger
    .command('check')
    .argument('<file>', 'a .tlog-proof file')
    .requiredOption('--key <vkey>', "the log's verifier key; may be given more than once", collect, [])
    .option('--policy <file>', 'a C2SP tlog-policy file: witnesses whose cosignatures must be there')
    .description('check a proof: exit 0 when the entry is in the signed ledger, 1 when not')
    .addHelpText('after', help)
    .action(
      act(async (context, file: string, options: CheckOptions) => {
        const { terminal } = context
        const policy = options.policy === undefined ? undefined : parsePolicy(await readText(options.policy))
        const text = await readText(file)
        try {
          const { entry, checkpoint, signedBy, witnesses } = checkProof(text, options.key, policy)
          const answer = { ok: true, entry, tree_size: checkpoint.size, signed_by: signedBy.name, witnesses }
          terminal.result(answer, () => {
            terminal.line(
              terminal.paint(
                'green',
                `✓ Entry № ${entry.index} is in the ledger ${printable(checkpoint.origin)} of ${checkpoint.size} entries.`,
              ),
            )
            terminal.line(
              `  ${entry.type} by ${printable(entry.actor.name)}${entry.tool === undefined ? '' : `, ${entry.tool}`}, ${localTime(entry.time)}`,
            )
            if (witnesses.length > 0) terminal.line(`  cosigned by ${witnesses.map(printable).join(', ')}`)
          })
          return exitCodes.ok
        } catch (error) {
          if (!(error instanceof CastellanError) || error.code !== 'proof_invalid') throw error
          terminal.result({ ok: false, ...error.toEnvelope() }, () =>
            terminal.line(terminal.paint('red', `✗ ${printable(error.message)}`)),
          )
          return exitCodes.failed
        }
      }),
    )
}

function collect(value: string, earlier: string[]): string[] {
  return [...earlier, value]
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    throw new UsageError(`${path} cannot be read: ${(error as Error).message}`)
  }
}
