import { constants } from 'node:fs'
import { open, readFile, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { CredentialStoreView } from '@castellan/contracts'
import {
  exportCredentials,
  getCredentialStore,
  importCredentials,
  lockCredentialStore,
  type Operation,
  resetCredentialStore,
  rotateCredentialKey,
  showRecoveryPhrase,
  unlockCredentialStore,
} from '@castellan/contracts/api'
import { recoverKey } from '@castellan/gateway/recovery'
import type { Command } from 'commander'
import type { Context } from '../../context.ts'
import { exitCodes, UsageError } from '../../exit.ts'
import { askGateway } from '../../gateway.ts'
import type { Cli } from '../../program.ts'
import { readNewSecret, readSecret } from '../../secret-input.ts'
import { printable } from '../../terminal.ts'

/** What answers how the store is afterwards. */
type StoreOperation = Operation & {
  readonly answer: typeof CredentialStoreView
  readonly body?: never
  readonly params?: never
}

/** The commands about the store as a whole: its state, its key, and what leaves it encrypted. */
export function addCredentialStore(credential: Command, { act }: Cli): void {
  credential
    .command('export')
    .argument('<file>', 'where to write the age file; it must not be there yet')
    .option('--recipient <age1…>', 'encrypt to this age recipient instead of a passphrase')
    .option('--passphrase-file <file>', 'a private file with the passphrase, or - for standard input')
    .description('write every secret to an encrypted file')
    .action(act(exportAll))
  credential
    .command('import')
    .argument('<file>', 'an age file that export wrote')
    .option('--identity-file <file>', 'a private file with the age identity, or - for standard input')
    .option('--passphrase-file <file>', 'a private file with the passphrase, or - for standard input')
    .description('take in what an export holds: all of it or nothing')
    .action(act(importAll))
  const say = (operation: StoreOperation) =>
    act(async (context: Context) => printView(context, await askGateway(context, operation, {})))
  credential.command('status').description('whether the store is open, and if not why').action(say(getCredentialStore))
  credential.command('lock').description('take its key out of memory, until unlock').action(say(lockCredentialStore))
  credential.command('unlock').description('read its key again').action(say(unlockCredentialStore))
  credential
    .command('rotate-key')
    .description('put another key-encryption key in the place of the one there is')
    .action(say(rotateCredentialKey))
  credential
    .command('reset')
    .description('begin an empty store where the one there is does not load; the old file is moved aside')
    .action(say(resetCredentialStore))
  credential
    .command('phrase')
    .description('show the recovery phrase of the key, once: 24 words to write down')
    .action(act(phrase))
  credential
    .command('recover')
    .option('--phrase-file <file>', 'a private file with the 24 words, or - for standard input')
    .option('--to <file>', 'where the gateway looks for its key, if not in the state folder')
    .description('put the key back from its recovery phrase; works on the files, with the gateway stopped')
    .action(act(recover))
}

async function exportAll(
  context: Context,
  file: string,
  { recipient, passphraseFile }: { recipient?: string; passphraseFile?: string },
): Promise<number> {
  if (recipient !== undefined && passphraseFile !== undefined)
    throw new UsageError('Say --recipient or --passphrase-file.')
  const body =
    recipient === undefined
      ? { passphrase: await readNewSecret('The passphrase of the export', passphraseFile, '--passphrase-file') }
      : { recipient }
  const path = resolve(file)
  // Opened first: what is on record as exported has somewhere to go.
  const output = await open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600).catch(
    (error: NodeJS.ErrnoException) => {
      throw new UsageError(`${path} cannot be made (${error.code}). Nothing was exported.`)
    },
  )
  try {
    const { file: text, credentials } = await askGateway(context, exportCredentials, { body })
    await output.writeFile(text)
    await output.sync()
    context.terminal.result({ file: path, credentials }, () =>
      context.terminal.line(`${credentials} credentials are in ${path}.`),
    )
  } catch (error) {
    await rm(path, { force: true })
    throw error
  } finally {
    await output.close()
  }
  return exitCodes.ok
}

async function importAll(
  context: Context,
  file: string,
  { identityFile, passphraseFile }: { identityFile?: string; passphraseFile?: string },
): Promise<number> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`${file} cannot be read (${error.code}).`)
  })
  const body =
    identityFile === undefined
      ? {
          file: text,
          passphrase: await readSecret('The passphrase of the export', passphraseFile, '--passphrase-file'),
        }
      : { file: text, identity: identityIn(await readSecret('The age identity', identityFile, '--identity-file')) }
  const result = await askGateway(context, importCredentials, { body })
  context.terminal.result(result, () => {
    context.terminal.line(`${result.imported.length} credentials were taken in, ${result.skipped} were here already.`)
  })
  return exitCodes.ok
}

/** A file of age-keygen has comments around the key. */
function identityIn(text: string): string {
  return (
    text
      .split('\n')
      .find((line) => line.startsWith('AGE-SECRET-KEY-'))
      ?.trim() ?? text
  )
}

async function phrase(context: Context): Promise<number> {
  const { phrase: words, key } = await askGateway(context, showRecoveryPhrase, {})
  const { terminal } = context
  terminal.result({ phrase: words, key }, () => {
    terminal.note('Write these words down and keep them where nobody else looks. They are not shown again.')
    const list = words.split(' ').map((word, n) => `${String(n + 1).padStart(2)} ${word.padEnd(10)}`)
    for (let n = 0; n < list.length; n += 6) terminal.line(list.slice(n, n + 6).join(' '))
  })
  return exitCodes.ok
}

async function recover(context: Context, { phraseFile, to }: { phraseFile?: string; to?: string }): Promise<number> {
  const words = await readSecret('The 24 words', phraseFile, '--phrase-file')
  const keys = join(context.stateFolder, 'gateway', 'keys')
  const keyFile = to === undefined ? join(keys, 'kek') : resolve(to)
  const { key } = await recoverKey(words, { keyFile, rootFile: join(keys, 'root') })
  context.terminal.result({ key, file: keyFile }, () => {
    context.terminal.line(`The key ${key} is back in ${keyFile}. Start the gateway, or start it again.`)
  })
  return exitCodes.ok
}

function printView({ terminal }: Context, view: CredentialStoreView): number {
  terminal.result(view, () => {
    const { state, problem, credentials, key, key_source, recovery_phrase_shown } = view
    terminal.line(
      `${terminal.paint(problem === null ? 'green' : 'red', state)}${credentials === null ? '' : `, ${credentials} credentials`}`,
    )
    if (problem !== null) terminal.line(`${printable(problem.message)} (${problem.code})`)
    terminal.line(
      `key: ${key ?? 'not in memory'}, from ${key_source === 'systemd' ? 'a credential of systemd' : 'a private file'}`,
    )
    if (recovery_phrase_shown === false)
      terminal.line('Its recovery phrase was never shown: agentctl credential phrase')
  })
  return view.problem === null ? exitCodes.ok : exitCodes.failed
}
