import { lookup, Resolver as NameServers } from 'node:dns/promises'
import { CastellanError } from '@castellan/contracts'

/** Finds the addresses of a host: all of them, in the order in which to try them. Throws `egress_failed` where there is none. */
export type Resolve = (host: string, signal: AbortSignal) => Promise<readonly string[]>

const SENTENCES: Readonly<Record<string, string>> = {
  ENOTFOUND: 'there is no such name',
  ENODATA: 'the name has no address',
  EAI_AGAIN: 'the name servers do not answer',
  ETIMEOUT: 'the name servers do not answer',
  ECONNREFUSED: 'the name servers do not answer',
}

/** As the system looks names up: hosts file, mDNS where there is one, name servers (getaddrinfo(3)). */
export const systemResolve: Resolve = async (host, signal) => {
  const found = await untilAborted(lookup(host, { all: true, order: 'verbatim' }), signal).catch((error: unknown) => {
    throw unresolved(host, error, signal)
  })
  return found.map(({ address }) => address)
}

/** By asking these name servers and nobody else, once for each family. */
export function serverResolve(servers: readonly string[]): Resolve {
  return async (host, signal) => {
    const resolver = new NameServers({ timeout: 2000, tries: 2 })
    resolver.setServers(servers)
    const cancel = (): void => resolver.cancel()
    signal.addEventListener('abort', cancel, { once: true })
    try {
      const answers = await Promise.allSettled([resolver.resolve6(host), resolver.resolve4(host)])
      const addresses = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []))
      if (addresses.length > 0) return addresses
      const [, failed] = answers
      throw unresolved(host, failed.status === 'rejected' ? failed.reason : undefined, signal)
    } finally {
      signal.removeEventListener('abort', cancel)
    }
  }
}

/** getaddrinfo cannot be cancelled; nobody waits for it longer than this. */
function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const give = (): void => reject(signal.reason)
    if (signal.aborted) return give()
    signal.addEventListener('abort', give, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', give))
  })
}

function unresolved(host: string, error: unknown, signal: AbortSignal): unknown {
  if (signal.aborted) return signal.reason
  const { code = 'ENODATA' } = (error ?? {}) as NodeJS.ErrnoException
  return new CastellanError('egress_failed', `${host} cannot be reached: ${SENTENCES[code] ?? code}.`, {
    detail: { stage: 'resolve', sent: false },
    cause: error,
  })
}
