import { createWriteStream } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { CastellanError, type Freeze } from '@castellan/contracts'
import { Latch } from '@castellan/daemon'
import { exportLedger, LogView } from '@castellan/ledger'
import type { Context } from '../context.ts'
import { UsageError } from '../exit.ts'
import type { Processes } from './processes.ts'
import type { Report } from './report.ts'
import { agentdAnswers } from './roll-back.ts'
import { type Wiped, wipeState } from './wipe.ts'

export interface WipeOptions {
  readonly hostName?: string
  /** A file for the export; false where none is wanted, undefined where that was not said. */
  readonly export?: string | false
}

/** What a script has to say beforehand, because nobody is there to be asked. Throws `UsageError`. */
export function checkWipeOptions({ hostName, export: file }: WipeOptions): void {
  if (hostName !== undefined && hostName !== hostname()) {
    throw new UsageError(`This host is not called ${JSON.stringify(hostName)}. Nothing was done.`)
  }
  if (process.stdin.isTTY) return
  if (hostName === undefined) throw new UsageError('Nobody is here to type the host name: say --host-name NAME.')
  if (file === undefined) throw new UsageError('Say --export FILE to keep the ledger, or --no-export to lose it.')
}

/** Asks what was not said, stops everything, exports, and wipes. Each is a step of the report. */
export async function wipeAll(
  context: Context,
  options: WipeOptions,
  { report, processes, freeze }: { report: Report; processes: Processes; freeze: Freeze },
): Promise<void> {
  const { stateFolder } = context
  const answers = await ask(context, options)
  if (answers === null) {
    await report.take('wipe', async () => {
      throw new CastellanError('conflict', 'That is not the name of this host. Nothing was wiped; agents stay frozen.')
    })
    return
  }
  const stopped = await report.take('stop', async () => {
    const said = await processes.stopAll()
    if (!(await agentdAnswers(context))) return said
    throw new CastellanError('conflict', 'agentd still answers, started in some other way: stop it, then try again.')
  })
  if (!stopped) return
  const { file } = answers
  if (file !== null && !(await report.take('export', () => writeExport(stateFolder, file)))) return
  let last = 'no ledger was published here'
  await report.take('checkpoint', async () => {
    const { checkpoint, checkpointText } = await LogView.open(join(stateFolder, 'ledger'))
    last = `it had ${checkpoint.size} entries and the root hash ${Buffer.from(checkpoint.root).toString('hex')}`
    return `The last checkpoint of the ledger:\n${checkpointText.trimEnd()}`
  })
  await report.take('wipe', async () => {
    const wiped = await wipeState(stateFolder, await processes.foldersApart(), await processes.keysApart())
    const note = `Wiped: ${wiped.gone.join(', ') || 'nothing'}. Of the ledger before: ${last}.`.slice(0, 4000)
    const event = { kind: 'wiped' as const, freeze, at: new Date().toISOString(), note }
    await new Latch(stateFolder).note(event)
    return verdictOf(wiped, await processes.ownersFiles().catch(() => []))
  })
}

/** What was wiped, and what was not. Throws `permission_denied` where something of ours is still there. */
export function verdictOf({ gone, left }: Wiped, owners: readonly string[]): string {
  const list = gone.length === 0 ? 'There was nothing to wipe.' : `Wiped: ${gone.join(', ')}.`
  const yours =
    owners.length === 0
      ? ''
      : ` The owner's token is in a file of your own, ${owners.join(', ')}, which was not wiped: put another token into it.`
  if (left.length === 0) return `${list} The workspace, the policy, the logs, the models and the backups stay.${yours}`
  throw new CastellanError(
    'permission_denied',
    `${list} Not wiped: ${left.map(({ path, why }) => `${path} (${why})`).join(', ')}. Remove these by hand.${yours}`,
  )
}

/** Null where another name was typed. */
async function ask({ stateFolder }: Context, options: WipeOptions): Promise<{ readonly file: string | null } | null> {
  const { hostName, export: file } = options
  if (hostName !== undefined && file !== undefined) return { file: file === false ? null : file }
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  try {
    if (hostName === undefined) {
      process.stderr.write(
        `\nLevel 3 destroys Castellan's keys and stores in ${stateFolder}: the ledger with its signing key, approvals and\n` +
          'operator keys, conversations, credentials, memory, trash and what undo needs. This cannot be taken back.\n',
      )
      if ((await terminal.question('Type the name of this host to go on: ')).trim() !== hostname()) return null
    }
    if (file !== undefined) return { file: file === false ? null : file }
    const typed = (await terminal.question('A file to export the ledger to first (Enter: no export): ')).trim()
    return { file: typed === '' ? null : typed }
  } finally {
    terminal.close()
  }
}

/** Payloads stay encrypted in it, under a key that is about to be wiped: the export proves what happened, not with what. */
async function writeExport(stateFolder: string, file: string): Promise<string> {
  const lines = Readable.from(exportLedger(join(stateFolder, 'ledger')))
  await pipeline(lines, createWriteStream(file, { flags: 'wx', mode: 0o600, flush: true })).catch((error: Error) => {
    throw new CastellanError('conflict', `The export cannot be written: ${error.message}. Nothing was wiped.`)
  })
  return `The ledger is exported to ${file}; \`agentctl verify-ledger --export\` checks it anywhere.`
}
