import { lookup, Resolver } from 'node:dns/promises'
import { isIP } from 'node:net'
import { CastellanError } from '@castellan/contracts'
import { untilAborted } from './abort.ts'
import { vetAddress } from './address.ts'

export const recordTypes = ['A', 'AAAA', 'CNAME', 'MX', 'TXT', 'NS', 'SOA', 'SRV', 'CAA', 'PTR'] as const
export type RecordType = (typeof recordTypes)[number]

/** What the name servers said to one question. `status` other than `ok` comes without records. */
export interface DnsAnswer {
  readonly type: RecordType
  readonly status: 'ok' | 'no_such_name' | 'no_records' | 'refused' | 'failed' | 'timeout'
  /** As zone files write them, e.g. `10 mail.example.org` for an MX. */
  readonly records: readonly string[]
}

export interface Address {
  readonly address: string
  readonly family: 4 | 6
}

const TIMEOUT_MS = 3000

/** Asks the name servers of this host (resolv.conf(5)), each question of its own. Two tries of three seconds. */
export async function askDns(
  name: string,
  types: readonly RecordType[],
  signal: AbortSignal,
): Promise<{ readonly servers: readonly string[]; readonly answers: readonly DnsAnswer[] }> {
  const resolver = new Resolver({ timeout: TIMEOUT_MS, tries: 2 })
  const cancel = () => resolver.cancel()
  signal.addEventListener('abort', cancel, { once: true })
  try {
    const answers = await Promise.all(types.map((type) => ask(resolver, name, type)))
    signal.throwIfAborted()
    return { servers: resolver.getServers(), answers }
  } finally {
    signal.removeEventListener('abort', cancel)
  }
}

/**
 * The addresses that a program of this host would get for a name (getaddrinfo(3): /etc/hosts counts), each vetted. All of
 * them have to pass: a name that leads to a forbidden place as well is not to be trusted. Throws `not_found` or `forbidden`.
 */
export async function vettedAddresses(name: string, signal: AbortSignal): Promise<readonly [Address, ...Address[]]> {
  const addresses = isIP(name) ? [{ address: name, family: isIP(name) }] : await systemLookup(name, signal)
  for (const { address } of addresses) vetAddress(address, name)
  const [first, ...others] = addresses as Address[]
  if (first === undefined) throw unresolved(name)
  return [first, ...others]
}

/**
 * Tries one address after the other, as browsers do: `localhost` is ::1 as well as 127.0.0.1, and few listen on both. Throws
 * what the first attempt threw.
 */
export async function firstToAnswer<T>(
  addresses: readonly [Address, ...Address[]],
  signal: AbortSignal,
  attempt: (address: Address) => Promise<T>,
): Promise<T> {
  const [first, ...others] = addresses
  try {
    return await attempt(first)
  } catch (error) {
    for (const address of others.slice(0, 3)) {
      signal.throwIfAborted()
      const answer = await attempt(address).catch(() => null)
      if (answer !== null) return answer
    }
    throw error
  }
}

/** The addresses from getaddrinfo, none where the name has none. */
export async function systemAddresses(name: string, signal: AbortSignal): Promise<readonly Address[]> {
  return (await systemLookup(name, signal).catch((error: unknown) => {
    if (error instanceof CastellanError && error.code === 'not_found') return []
    throw error
  })) as Address[]
}

async function systemLookup(name: string, signal: AbortSignal): Promise<{ address: string; family: number }[]> {
  try {
    return await untilAborted(lookup(name, { all: true }), signal)
  } catch (error) {
    if (signal.aborted) throw signal.reason
    throw unresolved(name, (error as NodeJS.ErrnoException).code)
  }
}

function unresolved(name: string, code?: string): CastellanError {
  const why =
    code === 'EAI_AGAIN'
      ? 'the name servers do not answer'
      : code === 'ENOTFOUND'
        ? 'no such name'
        : (code ?? 'no address')
  return new CastellanError(
    'not_found',
    `${name} has no address here: ${why}. dns_lookup shows what the name servers say.`,
  )
}

async function ask(resolver: Resolver, name: string, type: RecordType): Promise<DnsAnswer> {
  try {
    return { type, status: 'ok', records: await query(resolver, name, type) }
  } catch (error) {
    return { type, status: statuses[(error as NodeJS.ErrnoException).code ?? ''] ?? 'failed', records: [] }
  }
}

const statuses: Readonly<Record<string, DnsAnswer['status']>> = {
  ENOTFOUND: 'no_such_name',
  ENODATA: 'no_records',
  EREFUSED: 'refused',
  ECONNREFUSED: 'refused',
  ETIMEOUT: 'timeout',
  ECANCELLED: 'timeout',
}

async function query(resolver: Resolver, name: string, type: RecordType): Promise<string[]> {
  switch (type) {
    case 'A':
      return resolver.resolve4(name)
    case 'AAAA':
      return resolver.resolve6(name)
    case 'CNAME':
      return resolver.resolveCname(name)
    case 'NS':
      return resolver.resolveNs(name)
    case 'PTR':
      return isIP(name) ? resolver.reverse(name) : resolver.resolvePtr(name)
    case 'TXT':
      return (await resolver.resolveTxt(name)).map((parts) => parts.join(''))
    case 'MX':
      return (await resolver.resolveMx(name))
        .sort((left, right) => left.priority - right.priority)
        .map(({ priority, exchange }) => `${priority} ${exchange}`)
    case 'SRV':
      return (await resolver.resolveSrv(name)).map(
        ({ priority, weight, port, name: target }) => `${priority} ${weight} ${port} ${target}`,
      )
    case 'SOA': {
      const soa = await resolver.resolveSoa(name)
      return [`${soa.nsname} ${soa.hostmaster} ${soa.serial} ${soa.refresh} ${soa.retry} ${soa.expire} ${soa.minttl}`]
    }
    case 'CAA':
      return (await resolver.resolveCaa(name)).map(({ critical, ...tags }) => {
        const [tag, value] = Object.entries(tags)[0] ?? ['', '']
        return `${critical} ${tag} ${JSON.stringify(value)}`
      })
  }
}
