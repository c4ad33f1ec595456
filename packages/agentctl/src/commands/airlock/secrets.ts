import { describeIssues, SecretChange, SecretListing, SecretRequest } from '@castellan/contracts'
import type { Command } from 'commander'
import type { Context } from '../../context.ts'
import { exitCodes, UsageError } from '../../exit.ts'
import type { Cli } from '../../program.ts'
import { readSecret } from '../../secret-input.ts'

interface AddOptions {
  readonly host: string
  readonly path: string
  readonly method?: readonly string[]
  readonly header: string
  readonly valueFile?: string
}

const teach = `
Whoever asks for a request names a secret, as {{secret:NAME}} in a header, and never sees it. The airlock puts it in for this host,
path, method and header, and takes it out of an answer that gives it back.

  agentctl airlock secret add github --host api.github.com --path /repos --header 'Authorization: Bearer {}' < token.txt`

/** `agentctl airlock secret`: what the airlock puts into requests. Values are read, never shown, and never on a command line. */
export function addSecrets(airlock: Command, act: Cli['act']): void {
  const secret = airlock
    .command('secret')
    .description('secrets that the airlock puts into requests, unseen by agents')
    .addHelpText('after', teach)
  secret.command('list', { isDefault: true }).description('list where secrets go').action(act(list))
  secret
    .command('add')
    .argument('<name>', 'lower-case letters, digits and dashes')
    .requiredOption('--host <host>', 'the host it is for, with a port perhaps')
    .option('--path <path>', 'only this path and what is below it', '/')
    .option('--method <methods...>', 'only these methods (default: any)')
    .option('--header <header>', 'the header it goes into, with {} for the value', 'Authorization: Bearer {}')
    .option(
      '--value-file <file>',
      'a private file with the value, or - for standard input (default: standard input, or typed)',
    )
    .description('grant a secret to requests for one host')
    .action(act(add))
  secret.command('remove').argument('<name>').description('remove a secret, at every host').action(act(remove))
}

async function list(context: Context): Promise<number> {
  const airlock = await context.airlock()
  const listing = await airlock.request('GET', '/v1/secrets', { schema: SecretListing })
  const { terminal } = context
  terminal.result(listing, () => {
    if (listing.secrets.length === 0) return terminal.line('The airlock puts no secrets into requests.')
    terminal.table(
      ['NAME', 'HOST', 'PORT', 'PATH', 'METHODS', 'HEADER', 'SINCE'],
      listing.secrets.map(({ name, host, port, path, methods, header, format, added_at }) => [
        name,
        host,
        `${port}`,
        path,
        methods?.join(',') ?? 'any',
        `${header}: ${format}`,
        added_at,
      ]),
    )
  })
  return exitCodes.ok
}

async function add(context: Context, name: string, options: AddOptions): Promise<number> {
  const [, header = '', format = ''] = /^([A-Za-z][A-Za-z0-9-]*):\s*(.*\{\}.*)$/.exec(options.header) ?? []
  if (header === '')
    throw new UsageError("--header takes a header with {} for the value, such as 'Authorization: Bearer {}'.")
  const [, host = '', port] = /^(.*?)(?::(\d+))?$/.exec(options.host) ?? []
  const piped = options.valueFile ?? (process.stdin.isTTY ? undefined : '-')
  const request = SecretRequest.safeParse({
    name,
    host: host.toLowerCase(),
    ...(port === undefined ? {} : { port: Number(port) }),
    path: options.path,
    ...(options.method === undefined ? {} : { methods: options.method.map((method) => method.toUpperCase()) }),
    header: header.toLowerCase(),
    format,
    value: await readSecret(`the value of ${name}`, piped, '--value-file'),
  })
  if (!request.success) throw new UsageError(`This secret cannot be kept: ${describeIssues(request.error)}.`)
  const airlock = await context.airlock()
  const change = await airlock.request('POST', '/v1/secrets', { body: request.data, schema: SecretChange })
  context.terminal.result(change, () =>
    context.terminal.line(
      `Requests to ${change.secret.host}${change.secret.path} may say {{secret:${name}}} in ${header}. The host itself is allowed with agentctl airlock allow.`,
    ),
  )
  return exitCodes.ok
}

async function remove(context: Context, name: string): Promise<number> {
  const airlock = await context.airlock()
  const change = await airlock.request('DELETE', `/v1/secrets/${encodeURIComponent(name)}`, { schema: SecretChange })
  context.terminal.result(change, () => context.terminal.line(`${change.secret.name} is put into nothing any more.`))
  return exitCodes.ok
}
