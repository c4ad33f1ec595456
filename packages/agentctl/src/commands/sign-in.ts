import { SignInCode } from '@castellan/contracts'
import { listSignIns, removePassphrase, revokeSignIn, setPassphrase } from '@castellan/contracts/api'
import type { Context } from '../context.ts'
import { localTime } from '../describe.ts'
import { exitCodes } from '../exit.ts'
import { askGateway } from '../gateway.ts'
import type { Cli } from '../program.ts'
import { readNewSecret } from '../secret-input.ts'
import { printable } from '../terminal.ts'

const teach = `
A browser signs in with a code, with the key or passkey that a code enrolled, or with a passphrase where one is set.
Calls are approved by keys, never by a passphrase. See docs/access.md.

Examples:
  agentctl sign-in                      print the page's address with a fresh code
  agentctl sign-in list                 the browsers that are signed in
  agentctl sign-in revoke page-0123…    sign one out
  agentctl sign-in passphrase           set a passphrase; asks for it
  agentctl sign-in passphrase --remove`

export function addSignIn({ program, act }: Cli): void {
  const signIn = program
    .command('sign-in')
    .description("print the page's address with a fresh one-time sign-in code; see who is signed in")
    .addHelpText('after', teach)
    .action(act(printCode))
  signIn.command('list').description('list the browsers that are signed in').action(act(list))
  signIn
    .command('revoke')
    .argument('<sign-in>', 'as `agentctl sign-in list` lists it')
    .description('sign a browser out, and close its sockets')
    .action(
      act(async (context, sign_in_id: string) => {
        await askGateway(context, revokeSignIn, { params: { sign_in_id } })
        context.terminal.result({ sign_in_id }, () => context.terminal.line(`${printable(sign_in_id)} is signed out.`))
        return exitCodes.ok
      }),
    )
  signIn
    .command('passphrase')
    .option('--passphrase-file <file>', 'a private file with the passphrase, or - for standard input')
    .option('--remove', 'remove it; codes and keys still sign in', false)
    .description('set, replace or remove the passphrase that signs a browser in; asks for it')
    .action(act(passphrase))
}

async function printCode(context: Context): Promise<number> {
  const { url } = await context.instance()
  const operator = await context.operator()
  const { code, expires_at } = await operator.request('POST', '/v1/sign-ins', { schema: SignInCode })
  const address = `${url}/#code=${code}`
  context.terminal.result({ address, code, expires_at }, () => {
    context.terminal.line(address)
    context.terminal.line(context.terminal.paint('dim', `Works once, until ${localTime(expires_at)}.`))
  })
  return exitCodes.ok
}

async function list(context: Context): Promise<number> {
  const { items, passphrase_set } = await askGateway(context, listSignIns, {})
  const { terminal } = context
  terminal.result({ items, passphrase_set }, () => {
    if (items.length === 0) terminal.line('No browser is signed in.')
    else {
      const rows = items.map(({ sign_in_id, how, address, created_at, last_used_at }) => {
        return [sign_in_id, how, address ?? '', localTime(created_at), localTime(last_used_at)]
      })
      terminal.table(['SIGN-IN', 'BY', 'FROM', 'SINCE', 'LAST USED'], rows)
    }
    terminal.note(passphrase_set ? 'A passphrase is set.' : 'No passphrase is set.')
  })
  return exitCodes.ok
}

interface PassphraseOptions {
  readonly passphraseFile?: string
  readonly remove: boolean
}

async function passphrase(context: Context, { passphraseFile, remove }: PassphraseOptions): Promise<number> {
  if (remove) await askGateway(context, removePassphrase, {})
  else {
    const text = await readNewSecret('The new passphrase', passphraseFile, '--passphrase-file')
    await askGateway(context, setPassphrase, { body: { passphrase: text } })
  }
  const what = remove ? 'No passphrase signs in any more.' : 'The passphrase is set.'
  context.terminal.result({ passphrase_set: !remove }, () => context.terminal.line(what))
  return exitCodes.ok
}
