import {
  CastellanError,
  CredentialAuth,
  CredentialId,
  CredentialLabel,
  type CredentialView,
  ProviderName,
} from '@castellan/contracts'
import {
  createCredential,
  deleteCredential,
  listCredentials,
  revokeCredential,
  rotateCredential,
  testCredential,
} from '@castellan/contracts/api'
import type { z } from 'zod'
import type { Context } from '../context.ts'
import { localTime } from '../describe.ts'
import { exitCodes, UsageError } from '../exit.ts'
import { askGateway } from '../gateway.ts'
import type { Cli } from '../program.ts'
import { readSecret } from '../secret-input.ts'
import { printable } from '../terminal.ts'
import { addCredentialStore } from './credential/store.ts'

const teach = `
Secrets are typed without being shown, or come from a private file or standard input; never from the command line, which
every process of this machine can read. See docs/credential-store.md.

Examples:
  agentctl credential add anthropic --label work        asks for the key
  agentctl credential add openai --secret-file - < key  from standard input
  agentctl credential add mine --base-url https://llm.example.org/v1
  agentctl credential list
  agentctl credential test work                         one token, to see that it works
  agentctl credential rotate work                       another key in its place
  agentctl credential export credentials.age            encrypted to a passphrase
  agentctl credential phrase                            24 words to write down, once`

/** `agentctl credential`: what model providers are paid with. */
export function addCredential(cli: Cli): void {
  const { program, act } = cli
  const credential = program
    .command('credential')
    .description('keep the keys of model providers: add, test, rotate, revoke, move to another machine')
    .addHelpText('after', teach)
  credential.command('list', { isDefault: true }).description('list them; no secret is shown').action(act(list))
  credential
    .command('add')
    .argument('<provider>', 'anthropic, openai, openrouter, or any other name with --base-url')
    .option('--label <text>', 'what you call it; the provider’s name without it')
    .option('--auth <kind>', 'api_key, or oauth_token of a subscription', 'api_key')
    .option('--base-url <url>', 'where the provider’s API lies')
    .option('--secret-file <file>', 'a private file with the secret, or - for standard input')
    .description('keep a credential; asks for the secret')
    .action(act(add))
  credential
    .command('test')
    .argument('<credential>', 'its id or label')
    .option('--model <name>', 'the model to ask; a cheap one of the provider without it')
    .description('ask its provider for one token')
    .action(act(test))
  credential
    .command('rotate')
    .argument('<credential>', 'its id or label')
    .option('--secret-file <file>', 'a private file with the secret, or - for standard input')
    .description('put another secret in its place; asks for it')
    .action(act(rotate))
  credential
    .command('revoke')
    .argument('<credential>', 'its id or label')
    .description('destroy its secret and keep its entry')
    .action(act(revoke))
  credential.command('rm').argument('<credential>', 'its id or label').description('delete it').action(act(remove))
  addCredentialStore(credential, cli)
}

async function list(context: Context): Promise<number> {
  const items = await all(context)
  const { terminal } = context
  terminal.result(items, () => {
    if (items.length === 0) terminal.line('There are no credentials. Add one: agentctl credential add PROVIDER')
    else terminal.table(['id', 'provider', 'label', 'ends in', 'state', 'last used'], items.map(row))
  })
  return exitCodes.ok
}

interface AddOptions {
  readonly label?: string
  readonly auth: string
  readonly baseUrl?: string
  readonly secretFile?: string
}

async function add(context: Context, provider: string, options: AddOptions): Promise<number> {
  const body = {
    provider: checked(ProviderName, provider, 'provider'),
    label: checked(CredentialLabel, options.label ?? provider, '--label'),
    auth: checked(CredentialAuth, options.auth, '--auth'),
    ...(options.baseUrl === undefined ? {} : { base_url: options.baseUrl }),
    secret: await readSecret(`The secret of ${provider}`, options.secretFile, '--secret-file'),
  }
  return show(context, await askGateway(context, createCredential, { body }), 'is kept')
}

async function test(context: Context, name: string, { model }: { model?: string }): Promise<number> {
  const { id } = await named(context, name)
  const body = model === undefined ? {} : { model }
  const result = await askGateway(context, testCredential, { params: { credential_id: id }, body })
  const { terminal } = context
  terminal.result(result, () => {
    const word = result.ok
      ? terminal.paint('green', 'It works.')
      : terminal.paint('red', `It does not work: ${result.code}.`)
    terminal.line(`${word} ${printable(result.message)}`)
  })
  return result.ok ? exitCodes.ok : exitCodes.failed
}

async function rotate(context: Context, name: string, { secretFile }: { secretFile?: string }): Promise<number> {
  const { id, label } = await named(context, name)
  const secret = await readSecret(`The new secret of ${label}`, secretFile, '--secret-file')
  const params = { credential_id: id }
  return show(context, await askGateway(context, rotateCredential, { params, body: { secret } }), 'has another secret')
}

async function revoke(context: Context, name: string): Promise<number> {
  const { id } = await named(context, name)
  return show(context, await askGateway(context, revokeCredential, { params: { credential_id: id } }), 'is revoked')
}

async function remove(context: Context, name: string): Promise<number> {
  const found = await named(context, name)
  await askGateway(context, deleteCredential, { params: { credential_id: found.id } })
  context.terminal.result({ deleted: found.id }, () => context.terminal.line(`${printable(found.label)} is deleted.`))
  return exitCodes.ok
}

function show({ terminal }: Context, view: CredentialView, what: string): number {
  terminal.result(view, () => terminal.line(`${printable(view.label)} (${view.id}) ${what}.`))
  return exitCodes.ok
}

async function all(context: Context): Promise<CredentialView[]> {
  return (await askGateway(context, listCredentials, {})).items
}

/** By its id, or by a label that only one has. */
async function named(context: Context, name: string): Promise<CredentialView> {
  const items = await all(context)
  const found = items.filter(({ id, label }) => id === name || label === name)
  if (found.length === 1) return found[0] as CredentialView
  if (found.length > 1) throw new UsageError(`${found.length} credentials are called ${name}; say the id of one.`)
  // What looks like a secret is not repeated.
  const said = CredentialId.safeParse(name).success || /^[\w .-]{1,32}$/.test(name) ? ` ${name}` : ' of that name'
  throw new CastellanError(
    'credential_unknown',
    `There is no credential${said}; \`agentctl credential list\` shows them.`,
  )
}

function row({ id, provider, label, preview, state, cooling_down, last_used_at }: CredentialView): string[] {
  const until =
    cooling_down === null ? '' : ` until ${localTime(Date.parse(cooling_down.until))} (${cooling_down.reason})`
  const used = last_used_at === null ? 'never' : localTime(Date.parse(last_used_at))
  return [
    id,
    provider,
    printable(label),
    preview === null ? '' : `…${printable(preview)}`,
    `${state.replace('_', ' ')}${until}`,
    used,
  ]
}

function checked<Schema extends z.ZodType>(schema: Schema, text: string, what: string): z.output<Schema> {
  const result = schema.safeParse(text)
  if (result.success) return result.data
  throw new UsageError(`${what}: ${result.error.issues[0]?.message ?? 'is not understood'}.`)
}
