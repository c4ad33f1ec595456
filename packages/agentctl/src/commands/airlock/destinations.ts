import { readFile } from 'node:fs/promises'
import {
  type Destination,
  DestinationChange,
  DestinationListing,
  DestinationRequest,
  describeIssues,
  type InspectionPolicy,
} from '@castellan/contracts'
import type { UnixClient } from '@castellan/daemon'
import type { Command } from 'commander'
import type { Context } from '../../context.ts'
import { exitCodes, UsageError } from '../../exit.ts'
import type { Cli } from '../../program.ts'
import { printable } from '../../terminal.ts'

/** Names for the hosts of providers that people have keys of. */
const PROVIDERS: Readonly<Record<string, string>> = {
  openai: 'api.openai.com',
  anthropic: 'api.anthropic.com',
  openrouter: 'openrouter.ai',
}

interface AllowOptions {
  readonly http: boolean
  readonly private: boolean
  readonly loopback: boolean
  readonly method?: readonly string[]
  readonly path?: string
  readonly ca?: string
  readonly perMinute?: string
  readonly note?: string
  readonly inspect?: readonly string[]
  readonly auth?: string
}

/** What a conversation with a model would otherwise be stopped by for good: it is sent on without what was found. */
const CHAT_INSPECTION: InspectionPolicy = { credential: 'redact', personal: 'redact', entropy: 'allow' }

/** `agentctl airlock list`, `allow` and `deny`. */
export function addDestinations(airlock: Command, act: Cli['act']): void {
  airlock.command('list', { isDefault: true }).description('list what may be reached').action(act(list))

  airlock
    .command('allow')
    .argument(
      '<hosts...>',
      'names, with a port perhaps (api.example.org:8443), *.example.org, or openai, anthropic, openrouter',
    )
    .option('--http', 'over http, without encryption', false)
    .option('--private', 'a host of your own network: only at private addresses', false)
    .option('--loopback', 'a service of this machine: only at loopback addresses', false)
    .option('--method <methods...>', 'only these methods, such as GET (default: any)')
    .option('--path <path>', 'only this path and what is below it (default: any)')
    .option(
      '--ca <file>',
      'certificates in PEM form, the only ones that vouch for the host (default: the well-known authorities)',
    )
    .option('--per-minute <number>', 'requests a minute (default: 600)')
    .option(
      '--inspect <class=action...>',
      'what to do with what is found: credential, secret, canary, personal, contact, entropy or unreadable = allow, redact, ask or block',
    )
    .option('--auth <whose>', 'credentials in headers: own (of its provider or of none), any, or none (default: own)')
    .option('--note <text>', 'a word about it, for the list')
    .description('let hosts be reached')
    .action(act(allow))

  airlock
    .command('deny')
    .argument('<entries...>', 'ids or hosts, as the list has them')
    .description('take entries away, and end what is under way by them')
    .action(act(deny))
}

async function list(context: Context): Promise<number> {
  const airlock = await context.airlock()
  const listing = await airlock.request('GET', '/v1/destinations', { schema: DestinationListing })
  const { terminal } = context
  terminal.result(listing, () => {
    const { latch, destinations, damage } = listing
    if (latch.off)
      terminal.line(terminal.paint('red', `The airlock is shut since ${latch.since}: ${printable(latch.reason)}`))
    if (damage !== undefined) terminal.line(terminal.paint('red', printable(damage)))
    if (destinations.length === 0) {
      return terminal.line('Nothing is on the list, so nothing leaves. agentctl airlock allow HOST adds to it.')
    }
    terminal.table(
      ['ID', 'HOST', 'PORT', 'OVER', 'AT', 'METHODS', 'PATH', 'A MINUTE', 'INSPECTION', 'FROM', 'NOTE'],
      destinations.map((entry) => [
        entry.id,
        entry.host,
        `${entry.port}`,
        entry.ca === undefined ? entry.scheme : `${entry.scheme}, own CA`,
        entry.reach,
        entry.methods?.join(',') ?? 'any',
        entry.path,
        `${entry.per_minute}`,
        inspectionWords(entry),
        entry.from,
        printable(entry.note ?? ''),
      ]),
    )
  })
  return exitCodes.ok
}

async function allow(context: Context, hosts: readonly string[], options: AllowOptions): Promise<number> {
  const requests = await Promise.all(hosts.map((host) => requestOf(host, options)))
  const airlock = await context.airlock()
  for (const body of requests) {
    const change = await airlock.request('POST', '/v1/destinations', { body, schema: DestinationChange })
    context.terminal.result(change, () =>
      context.terminal.line(`${describe(change.destination)} may be reached (${change.destination.id}).`),
    )
  }
  return exitCodes.ok
}

async function requestOf(text: string, options: AllowOptions): Promise<DestinationRequest> {
  if (options.private && options.loopback) throw new UsageError('A host is --private or --loopback, not both.')
  const [, name = '', port] = /^(.*?)(?::(\d+))?$/.exec(PROVIDERS[text] ?? text) ?? []
  const request = DestinationRequest.safeParse({
    host: name.toLowerCase(),
    scheme: options.http ? 'http' : 'https',
    reach: options.private ? 'private' : options.loopback ? 'loopback' : 'public',
    ...(port === undefined ? {} : { port: Number(port) }),
    ...(options.method === undefined ? {} : { methods: options.method.map((method) => method.toUpperCase()) }),
    ...(options.path === undefined ? {} : { path: options.path }),
    ...(options.ca === undefined ? {} : { ca: await certificates(options.ca) }),
    ...(options.perMinute === undefined ? {} : { per_minute: Number(options.perMinute) }),
    ...inspectionOf(text, options),
    ...(options.auth === undefined ? {} : { auth: options.auth }),
    ...(options.note === undefined ? {} : { note: options.note }),
  })
  if (request.success) return request.data
  throw new UsageError(`${text} cannot be allowed like this: ${describeIssues(request.error)}.`)
}

function inspectionOf(text: string, { inspect }: AllowOptions): { inspect?: Record<string, unknown> } {
  if (inspect === undefined) return PROVIDERS[text] === undefined ? {} : { inspect: CHAT_INSPECTION }
  const pairs = inspect.map((pair) => {
    const [, of, action] = /^([a-z]+)=([a-z]+)$/.exec(pair) ?? []
    if (of === undefined)
      throw new UsageError(`--inspect takes a class and an action, such as credential=redact, not ${pair}.`)
    return [of, action] as const
  })
  return { inspect: Object.fromEntries(pairs) }
}

async function certificates(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((error: Error) => {
    throw new UsageError(`${file} cannot be read: ${error.message}`)
  })
}

async function deny(context: Context, names: readonly string[]): Promise<number> {
  const airlock = await context.airlock()
  const entries = await Promise.all(names.map((name) => entriesOf(airlock, name)))
  for (const id of new Set(entries.flat().map((entry) => entry.id))) {
    const change = await airlock.request('DELETE', `/v1/destinations/${id}`, { schema: DestinationChange })
    context.terminal.result(change, () =>
      context.terminal.line(`${describe(change.destination)} is not reached any more.`),
    )
  }
  return exitCodes.ok
}

/** By id, by host, or by host and port; all of a host. */
async function entriesOf(airlock: UnixClient, name: string): Promise<Destination[]> {
  const { destinations } = await airlock.request('GET', '/v1/destinations', { schema: DestinationListing })
  const host = PROVIDERS[name] ?? name.toLowerCase()
  const found = destinations.filter(
    (entry) => entry.id === name || entry.host === host || `${entry.host}:${entry.port}` === host,
  )
  if (found.length === 0)
    throw new UsageError(`The list has no entry ${name}. agentctl airlock list shows what it has.`)
  return found
}

function describe({ scheme, host, port, path }: Destination): string {
  const isUsual = (scheme === 'https' && port === 443) || (scheme === 'http' && port === 80)
  return `${scheme}://${host}${isUsual ? '' : `:${port}`}${path === '/' ? '' : path}`
}

function inspectionWords({ inspect = {}, auth }: Destination): string {
  const words = Object.entries(inspect).map(([of, action]) => `${of}=${action}`)
  return [...words, ...(auth === undefined ? [] : [`auth=${auth}`])].join(' ') || 'as configured'
}
