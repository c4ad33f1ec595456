import { resolve } from 'node:path'
import {
  BackupId,
  BackupKeyMade,
  BackupKeyState,
  BackupUnlocked,
  type BackupUnlocking,
  type CallOutcome,
  errorFromEnvelope,
} from '@castellan/contracts'
import { z } from 'zod'
import type { Context } from '../context.ts'
import { localTime } from '../describe.ts'
import { exitCodeOf, exitCodes, UsageError } from '../exit.ts'
import type { Cli } from '../program.ts'
import { readSecret } from '../secret-input.ts'
import { printable } from '../terminal.ts'
import { operate } from './switch/operate.ts'

const teach = `
Backups are encrypted for a recovery key that is shown once, by init, and kept nowhere on this machine. Making backups needs
no key; restoring them, and verifying them wholly, does. It is typed without being shown, or read from a private file.

Examples:
  agentctl backup init                                  make the key and show it, once
  agentctl backup create /srv/app /etc                  back up these
  agentctl backup list                                  which backups there are
  agentctl backup verify bak_20261121T090000Z-x7k2mp    compare its bytes with what was written
  agentctl backup verify bak_… --key                    restore it to a scratch folder and compare
  agentctl backup restore bak_… --to /srv/restored      into a new folder
  agentctl backup restore bak_… --in-place --only /srv/app/data
  agentctl backup unlock bak_… --for restore            let the next restore of it, an agent's say, have the key once`

interface KeyOptions {
  readonly keyFile?: string
}

export function addBackup({ program, act }: Cli): void {
  const backup = program.command('backup').description('make, check and restore backups').addHelpText('after', teach)
  backup
    .command('init')
    .option('--replace', 'make a new key although there is one; old backups keep theirs', false)
    .description('make the key that backups are encrypted for, and show its recovery key, once')
    .action(act(init))
  backup
    .command('create')
    .argument('<path...>', 'files and folders that file tools may read')
    .option('--set <name>', 'backups of one set replace each other with time', 'main')
    .option('--no-trial', 'only read it back, instead of restoring it to a scratch folder: needs half the room')
    .description('make a backup now')
    .action(act(create))
  backup.command('list', { isDefault: true }).description('list the backups, newest first').action(act(list))
  backup
    .command('verify')
    .argument('<id>', 'the backup, as list shows it')
    .option('--key', 'with the recovery key, typed: restores to a scratch folder and compares', false)
    .option('--key-file <file>', 'the same, with the key in a private file, or - for standard input')
    .description('check a backup')
    .action(act(verify))
  backup
    .command('restore')
    .argument('<id>', 'the backup, as list shows it')
    .option('--to <folder>', 'a new folder to restore into')
    .option('--in-place', 'replace what is there now by what was there then', false)
    .option('--only <path...>', 'only what was at or below these paths')
    .option('--key-file <file>', 'the recovery key in a private file, or - for standard input')
    .description('put a backup back')
    .action(act(restore))
  backup
    .command('unlock')
    .argument('<id>', 'the backup, as list shows it')
    .requiredOption('--for <purpose>', 'verify or restore')
    .option('--key-file <file>', 'the recovery key in a private file, or - for standard input')
    .description('hand the recovery key over for the next verifying or restoring of it, within ten minutes')
    .action(act(unlock))
}

async function init(context: Context, { replace }: { replace: boolean }): Promise<number> {
  const operator = await context.operator()
  const made = await operator.request('POST', '/v1/backups/key', { body: { replace }, schema: BackupKeyMade })
  const { terminal } = context
  terminal.result(made, () => {
    terminal.line(`Recovery key ${made.key_id}:`)
    terminal.line()
    terminal.line(`  ${terminal.paint('bold', made.recovery_key)}`)
    terminal.line()
    terminal.line('It is shown this once and kept nowhere on this machine. Write it down and keep it somewhere else:')
    terminal.line('without it no backup can be restored, by anybody.')
  })
  return exitCodes.ok
}

async function create(
  context: Context,
  paths: string[],
  { set, trial }: { set: string; trial: boolean },
): Promise<number> {
  const args = { paths: paths.map((path) => resolve(path)), set, check: trial ? 'restored' : 'decrypted' }
  return show(context, await operate(context, 'backup_create', args), printLeft)
}

async function list(context: Context): Promise<number> {
  const operator = await context.operator()
  const { key } = await operator.request('GET', '/v1/backups/key', { schema: BackupKeyState })
  const outcome = await operate(context, 'backup_list', { limit: 500 })
  return show(context, outcome, (result) => {
    const { backups } = Listing.parse(result)
    const rows = backups.map(({ id, containerBytes, keyId, known }) => [
      id,
      known === null ? '' : localTime(known.createdAt),
      known?.set ?? '',
      `${(containerBytes / 1e6).toFixed(1)} MB`,
      keyId === key?.key_id ? 'this key' : (keyId ?? 'damaged'),
      known?.roots.join(' ') ?? 'of another machine',
    ])
    if (rows.length > 0) context.terminal.table(['id', 'made', 'set', 'size', 'opens with', 'of'], rows)
    if (key === null) context.terminal.note('There is no key yet: `agentctl backup init` makes one.')
  })
}

async function verify(context: Context, id: string, options: KeyOptions & { key: boolean }): Promise<number> {
  const backupId = parseId(id)
  if (options.key || options.keyFile !== undefined) await handOver(context, backupId, 'verify', options)
  const outcome = await operate(context, 'backup_verify', { id: backupId })
  return show(context, outcome, () => undefined)
}

async function restore(
  context: Context,
  id: string,
  options: KeyOptions & { to?: string; inPlace: boolean; only?: string[] },
): Promise<number> {
  const backupId = parseId(id)
  if ((options.to !== undefined) === options.inPlace) {
    throw new UsageError('Say where to: --to FOLDER, a new folder, or --in-place.')
  }
  await handOver(context, backupId, 'restore', options)
  const args = {
    id: backupId,
    ...(options.to === undefined ? { inPlace: true } : { to: resolve(options.to) }),
    ...(options.only === undefined ? {} : { only: options.only.map((path) => resolve(path)) }),
  }
  return show(context, await operate(context, 'backup_restore', args), printLeft)
}

async function unlock(context: Context, id: string, options: KeyOptions & { for: string }): Promise<number> {
  const purpose = Purpose.safeParse(options.for)
  if (!purpose.success) throw new UsageError('Say what for: --for verify or --for restore.')
  const { expires_at } = await handOver(context, parseId(id), purpose.data, options)
  const { terminal } = context
  terminal.result({ expires_at }, () =>
    terminal.line(`The next ${purpose.data} of ${id} has the key, until ${localTime(expires_at)}.`),
  )
  return exitCodes.ok
}

/** Over operator.sock, which only root opens: never in arguments, in an environment or in a log. */
async function handOver(
  context: Context,
  id: BackupId,
  purpose: BackupUnlocking['purpose'],
  { keyFile }: KeyOptions,
): Promise<BackupUnlocked> {
  const operator = await context.operator()
  const recovery_key = await readSecret('Recovery key', keyFile)
  const body = { backup_id: id, purpose, recovery_key }
  return operator.request('POST', '/v1/backups/unlock', { body, schema: BackupUnlocked })
}

function show(context: Context, outcome: CallOutcome, print: (result: unknown, context: Context) => void): number {
  const { terminal } = context
  terminal.result(outcome, () => {
    const mark = outcome.ok ? terminal.paint('green', '✓') : terminal.paint('red', '✗')
    terminal.line(`${mark} ${printable(outcome.summary)}`)
    if (outcome.ok) print(outcome.result, context)
  })
  return outcome.error === undefined ? exitCodes.ok : exitCodeOf(errorFromEnvelope(outcome.error))
}

function printLeft(result: unknown, { terminal }: Context): void {
  const { left = [], failed = [] } = Remainder.parse(result)
  for (const { path, why } of [...left, ...failed]) terminal.line(`  ${printable(path)}: ${printable(why)}`)
}

function parseId(text: string): BackupId {
  const id = BackupId.safeParse(text)
  if (id.success) return id.data
  throw new UsageError(`${JSON.stringify(text)} is no backup's id; those look like bak_20261121T090000Z-x7k2mp.`)
}

const Purpose = z.enum(['verify', 'restore'])

const Path = z.object({ path: z.string(), why: z.string() })
const Remainder = z.object({ left: z.array(Path).optional(), failed: z.array(Path).optional() })

const Listing = z.object({
  backups: z.array(
    z.object({
      id: z.string(),
      containerBytes: z.int(),
      keyId: z.string().nullable(),
      known: z.object({ set: z.string(), createdAt: z.string(), roots: z.array(z.string()) }).nullable(),
    }),
  ),
})
