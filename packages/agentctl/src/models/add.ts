import { mkdir, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { type CallOutcome, CastellanError, DestinationRequest, errorFromEnvelope } from '@castellan/contracts'
import { z } from 'zod'
import { operate } from '../commands/switch/operate.ts'
import type { Context } from '../context.ts'
import { bytes } from '../describe.ts'
import { UsageError } from '../exit.ts'
import { onInterrupt } from '../interrupt.ts'
import { Progress } from '../progress.ts'
import { printable } from '../terminal.ts'
import { addressOf, type CatalogueEntry } from './catalogue.ts'
import { type Downloaded, download } from './download.ts'
import { opened, throughAirlock } from './way-out.ts'

/** The hub's own name, and those under which it has its files served. */
const HUB_HOSTS = ['*.hf.co', '*.huggingface.co'] as const

/** What is to be had, and from where. */
export interface Wanted {
  readonly address: URL
  readonly file: string
  readonly sha256?: string | undefined
  readonly bytes?: number | undefined
  /** Hosts that the address may lead to, beside its own: names, or `*.example.org`. */
  readonly hosts: readonly string[]
  /** Certificates that vouch for a mirror of one's own, in PEM form, and whether it is in one's own network or on this machine. */
  readonly ca?: string | undefined
  readonly reach?: 'private' | 'loopback' | undefined
}

export function wantedFrom(entry: CatalogueEntry): Wanted {
  return {
    address: addressOf(entry),
    file: entry.file,
    sha256: entry.sha256,
    bytes: 'exact' in entry.bytes ? entry.bytes.exact : undefined,
    hosts: HUB_HOSTS,
  }
}

/** A model by its address. Throws a {@link UsageError} for what is no https address of a GGUF file on a host that has a name. */
export function wantedAt(text: string, rest: Omit<Wanted, 'address' | 'file'>): Wanted {
  const address = URL.canParse(text) ? new URL(text) : undefined
  const file = address === undefined ? '' : decoded(basename(address.pathname))
  if (address?.protocol !== 'https:' || !/^[A-Za-z0-9][A-Za-z0-9._-]*\.gguf$/i.test(file)) {
    throw new UsageError('A model is named as in the catalogue, or by an https address of a .gguf file.')
  }
  const isHub = address.hostname === 'huggingface.co'
  const wanted = { address, file, ...rest, hosts: isHub ? [...HUB_HOSTS, ...rest.hosts] : rest.hosts }
  for (const destination of destinationsOf(wanted)) {
    if (DestinationRequest.safeParse(destination).success) continue
    throw new UsageError(
      `${printable(destination.host)} is no host that the airlock can be opened for: say its name, like models.example.org, ` +
        'not an address.',
    )
  }
  return wanted
}

/** Downloads a model by way of the airlock, which is opened for exactly that, into a folder that the file tools reach. */
export async function fetchModel(context: Context, wanted: Wanted): Promise<{ path: string; downloaded: Downloaded }> {
  const { terminal } = context
  const folder = join(await workspaceOf(context), 'downloads')
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const path = join(folder, wanted.file)
  const destinations = destinationsOf(wanted)
  using interrupt = onInterrupt()
  const progress = new Progress(terminal, 'bytes')
  try {
    const downloaded = await opened(await context.airlock(), destinations, async () => {
      terminal.note(`The airlock is open for ${destinations.map(({ host }) => host).join(', ')} while this lasts.`)
      return download({
        ...{ address: wanted.address, file: path, sha256: wanted.sha256, bytes: wanted.bytes },
        ask: throughAirlock(await context.wayOut()),
        mayLead: (url) => wanted.hosts.some((host) => covers(host, url)),
        onProgress: (done, total) => progress.update(done, total),
        onNote: (text) => terminal.note(terminal.paint('dim', `· ${text}`)),
        signal: interrupt.signal,
      })
    })
    return { path, downloaded }
  } catch (error) {
    if (!interrupt.signal.aborted) throw error
    throw new CastellanError('cancelled', 'Stopped. What came is kept: the same command goes on from there.')
  } finally {
    progress.end()
  }
}

/** Lets a file that was downloaded into the registry, and deletes the download once it is in. Answers how that ended. */
export async function importModel(
  context: Context,
  path: string,
  downloaded: Downloaded,
  { address, reach }: Wanted,
): Promise<CallOutcome> {
  // A digest that nobody vouched for beforehand says nothing, and is not passed off as one that does.
  const vouched = downloaded.vouched === 'nobody' ? {} : { sha256: downloaded.sha256 }
  // A mirror of the owner's own is no publisher: what comes from there counts as a file of this machine.
  const source = reach === undefined ? { source: `${address.origin}${address.pathname}` } : {}
  const outcome = await operate(context, 'model_import', { path, ...vouched, ...source })
  if (outcome.ok) await rm(path, { force: true })
  else context.terminal.note(`The download stays in ${path}, to be looked at or imported again.`)
  return outcome
}

/** What was downloaded, for people. */
export function tellDownload(context: Context, { sha256, bytes: size, vouched }: Downloaded): void {
  const by = {
    pinned: 'the one that was known beforehand',
    publisher: 'the one that its publisher shows',
    nobody: 'nobody vouched for it',
  }[vouched]
  context.terminal.note(`Downloaded ${bytes(size)}; SHA-256 ${sha256} (${by}).`)
}

function destinationsOf({ address, hosts, ca, reach }: Wanted): DestinationRequest[] {
  const own = {
    ...(ca === undefined ? {} : { ca }),
    ...(reach === undefined ? {} : { reach }),
  }
  // Addresses that a publisher leads to are signed, which looks like a secret that leaves.
  const inspect = { credential: 'allow', entropy: 'allow', personal: 'allow' } as const
  return [destination(address.host, own), ...hosts.map((host) => destination(host, { ...own, inspect }))]
}

function destination(text: string, rest: Partial<DestinationRequest>): DestinationRequest {
  const { name, port } = hostOf(text)
  const of = port === undefined ? {} : { port }
  return { host: name, ...of, methods: ['GET', 'HEAD'], note: 'agentctl model add', ...rest }
}

/** Where relative paths of the file tools begin, as agentd says. */
async function workspaceOf(context: Context): Promise<string> {
  const outcome = await operate(context, 'file_stat', { path: '.' })
  if (outcome.ok) return z.object({ path: z.string() }).parse(outcome.result).path
  throw outcome.error === undefined ? new CastellanError('internal', outcome.summary) : errorFromEnvelope(outcome.error)
}

function covers(host: string, url: URL): boolean {
  const { name, port } = hostOf(host)
  if ((port ?? 443) !== Number(url.port === '' ? 443 : url.port)) return false
  return name.startsWith('*.') ? url.hostname.endsWith(name.slice(1)) : name === url.hostname
}

function hostOf(text: string): { name: string; port: number | undefined } {
  const [, name = text, port] = /^(.*?):(\d{1,5})$/.exec(text) ?? []
  return { name: name.toLowerCase(), port: port === undefined ? undefined : Number(port) }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return ''
  }
}
