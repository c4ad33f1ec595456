import { createWriteStream } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { exportLedger, importLedger } from '@castellan/ledger'
import type { Command } from 'commander'
import { exitCodes, UsageError } from '../../exit.ts'
import { linesOf } from '../../lines.ts'
import type { Cli } from '../../program.ts'
import { printVerdict } from '../../verdict.ts'
import { ledgerFolder } from './prove.ts'

const exportHelp = `
NDJSON: a head, a line an entry, an end with the signed tree head. Payloads stay encrypted in it; their key, and the
signing key, do not travel along. \`agentctl verify-ledger --export FILE\` checks an export anywhere.`

const importHelp = `
The ledger goes on under its own keys: bring signing.key and payload.key to agentd/ledger-keys in the state folder
first, by a way of your own. Castellan must not run, and the state folder must hold no ledger yet.`

export function addLedgerExport(ledger: Command, { act }: Cli): void {
  ledger
    .command('export')
    .argument('<file>', 'where to write it; it must not exist yet')
    .option('--dir <dir>', "the ledger's folder (default: that of the state folder)")
    .description('write the whole ledger to one file, for keeping or for moving to another host')
    .addHelpText('after', exportHelp)
    .action(
      act(async (context, file: string, options: { dir?: string }) => {
        const lines = Readable.from(exportLedger(ledgerFolder(context, options)))
        await pipeline(lines, createWriteStream(file, { flags: 'wx', mode: 0o600, flush: true })).catch(
          (error: Error) => {
            throw new UsageError(`The export cannot be written: ${error.message}`)
          },
        )
        context.terminal.result({ file }, () => context.terminal.line(`The ledger lies in ${file}.`))
        return exitCodes.ok
      }),
    )
}

export function addLedgerImport(ledger: Command, { act }: Cli): void {
  ledger
    .command('import')
    .argument('<file>', 'an export of a ledger')
    .description('rebuild a ledger from an export in a state folder that has none')
    .addHelpText('after', importHelp)
    .action(
      act(async (context, file: string) => {
        const { terminal, stateFolder } = context
        const verdict = await importLedger({
          dir: join(stateFolder, 'ledger'),
          keyDir: join(stateFolder, 'agentd', 'ledger-keys'),
          lines: linesOf(file),
          actor: { kind: 'operator', name: 'operator' },
        })
        terminal.result(verdict, () => printVerdict(terminal, verdict))
        return verdict.exitCode
      }),
    )
}
