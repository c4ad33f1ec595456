import { OperatorKey, OperatorKeyId, OperatorListing, SignInCode } from '@castellan/contracts'
import type { Context } from '../context.ts'
import { localTime } from '../describe.ts'
import { exitCodes, UsageError } from '../exit.ts'
import { newKeyFile, readKeyFile } from '../operator-key.ts'
import type { Cli } from '../program.ts'
import { printable } from '../terminal.ts'

const teach = `
Enrolling, renaming and revoking need root on the host. A browser enrols its own key when its owner signs in with
\`agentctl sign-in\`. Where the policy asks for two people, two keys of one person count once.

Examples:
  agentctl operator key new ~/castellan.key                make a key, on the machine of who will approve with it
  agentctl operator enroll Ann --public-key m4Z…=          let that key approve, on the host
  agentctl operator enroll "Ann's phone" --person Ann --page   print an address where Ann enrols a browser or a passkey
  agentctl approve apr_Xk3… --key ~/castellan.key          approve with the key`

export function addOperator({ program, act }: Cli): void {
  const operator = program
    .command('operator')
    .alias('operators')
    .description('the keys whose signature approves a call')
    .addHelpText('after', teach)

  operator.command('list', { isDefault: true }).description('list the enrolled keys').action(act(list))

  operator
    .command('enroll')
    .argument('<name>', 'how the key is to be called, such as "Ann" or "Ann\'s phone"')
    .option('--public-key <base64>', 'enrol this Ed25519 key; `agentctl operator key new` prints it')
    .option('--key <file>', 'enrol the key in this file')
    .option('--page', 'print an address at which a browser enrols a key or a passkey of its own', false)
    .option('--person <name>', 'whose key it is (default: the name)')
    .description('let a key approve calls; needs root on the host')
    .action(act(enroll))

  operator
    .command('rename')
    .argument('<key>', 'the key, as `agentctl operator list` lists it')
    .argument('<name>', 'its new name')
    .description('give a key another name')
    .action(
      act(async (context, key: string, name: string) => {
        const path = `/v1/operators/${keyId(key)}`
        const agentd = await context.operator()
        const renamed = await agentd.request('PATCH', path, { body: { name }, schema: OperatorKey })
        context.terminal.result(renamed, () =>
          context.terminal.line(`${key} is called ${printable(renamed.name)} now.`),
        )
        return exitCodes.ok
      }),
    )

  operator
    .command('revoke')
    .argument('<key>', 'the key to revoke, as `agentctl operator list` lists it')
    .description('revoke a key: what it signed and nobody used yet is void, and it approves nothing from now on')
    .action(
      act(async (context, key: string) => {
        const path = `/v1/operators/${keyId(key)}`
        const agentd = await context.operator()
        const revoked = await agentd.request('DELETE', path, { schema: OperatorKey })
        context.terminal.result(revoked, () => context.terminal.line(`Revoked ${key} (${printable(revoked.name)}).`))
        return exitCodes.ok
      }),
    )

  operator
    .command('key')
    .description('key files of your own')
    .command('new')
    .argument('<file>', 'where to write it (mode 0600); it must not be there yet')
    .description('make an operator key in a file and print its public half')
    .action(
      act(async ({ terminal }, file: string) => {
        const { publicKey } = await newKeyFile(file)
        terminal.result({ file, public_key: publicKey }, () => {
          terminal.line(publicKey)
          terminal.note(
            `Its private half is in ${file}. Root enrols it: agentctl operator enroll NAME --public-key ${publicKey}`,
          )
        })
        return exitCodes.ok
      }),
    )
}

const enrolledBy = { operator: 'root', sign_in: 'sign-in', configuration: 'the configuration' } as const

async function list(context: Context): Promise<number> {
  const agentd = await context.operator()
  const { operators: keys } = await agentd.request('GET', '/v1/operators', { schema: OperatorListing })
  const { terminal } = context
  terminal.result(keys, () => {
    if (keys.length === 0) return terminal.line('No operator key is enrolled; signing in to the page enrols one.')
    terminal.table(
      ['KEY', 'KIND', 'STATE', 'ENROLLED', 'SIGNED LAST', 'PERSON', 'NAME'],
      keys.map((key) => [
        key.key_id,
        key.kind,
        key.revoked_at === undefined ? 'active' : `revoked ${localTime(key.revoked_at)}`,
        `${localTime(key.enrolled_at)} by ${enrolledBy[key.enrolled_by]}`,
        key.last_used_at === undefined ? 'never' : localTime(key.last_used_at),
        printable(key.person),
        printable(key.name),
      ]),
    )
  })
  return exitCodes.ok
}

interface Enrolment {
  readonly publicKey?: string
  readonly key?: string
  readonly page: boolean
  readonly person?: string
}

async function enroll(context: Context, name: string, { publicKey, key, page, person }: Enrolment): Promise<number> {
  if ([publicKey !== undefined, key !== undefined, page].filter(Boolean).length !== 1) {
    throw new UsageError('Say which key: one of --public-key KEY, --key FILE and --page.')
  }
  const whose = { name, ...(person === undefined ? {} : { person }) }
  if (page) return invite(context, whose)
  const public_key = publicKey ?? (await readKeyFile(key as string)).publicKey
  const agentd = await context.operator()
  const body = { ...whose, public_key }
  const enrolled = await agentd.request('POST', '/v1/operators', { body, schema: OperatorKey })
  context.terminal.result(enrolled, () => {
    context.terminal.line(
      `Enrolled ${enrolled.key_id} (${printable(enrolled.name)}) for ${printable(enrolled.person)}.`,
    )
  })
  return exitCodes.ok
}

async function invite(context: Context, body: { readonly name: string; readonly person?: string }): Promise<number> {
  const { url } = await context.instance()
  const agentd = await context.operator()
  const { code, expires_at } = await agentd.request('POST', '/v1/operators/invitations', { body, schema: SignInCode })
  // Browsers make passkeys for names only, never for a bare address.
  const address = `${url.replace('//127.0.0.1:', '//localhost:')}/#code=${code}&choose`
  context.terminal.result({ address, code, expires_at }, () => {
    context.terminal.line(address)
    context.terminal.line(context.terminal.paint('dim', `Works once, until ${localTime(expires_at)}.`))
  })
  return exitCodes.ok
}

function keyId(text: string): OperatorKeyId {
  const id = OperatorKeyId.safeParse(text)
  if (id.success) return id.data
  throw new UsageError(`${text} is not an operator key's id; \`agentctl operator list\` lists them (opk_…).`)
}
