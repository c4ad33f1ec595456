import type { IncomingMessage } from 'node:http'
import { CastellanError, type EgressMethod } from '@castellan/contracts'
import { type Address, readAddress } from './address.ts'
import type { Hop } from './exchange.ts'
import { withoutCredentials } from './headers.ts'

/** A redirect's request before anybody has admitted it. */
export type NextHop = Omit<Hop, 'destination'>

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])

/**
 * What a redirect asks for (Fetch Standard, "HTTP-redirect fetch"): 307 and 308 repeat the request, the others become GET unless they
 * were HEAD. Another origin gets no credentials. Undefined where the answer is none. Throws `egress_denied` for a step down to http.
 */
export function nextHop(hop: Hop, { statusCode = 0, headers: { location } }: IncomingMessage): NextHop | undefined {
  if (!REDIRECTS.has(statusCode) || location === undefined) return undefined
  const { url, aim } = hop.address
  const repeats = statusCode === 307 || statusCode === 308 || aim.method === 'HEAD' || aim.method === 'GET'
  const method: EgressMethod = repeats ? aim.method : 'GET'
  const address = readLocation(location, method, url)
  if (aim.scheme === 'https' && address.aim.scheme === 'http') {
    throw new CastellanError('egress_denied', `${aim.host} leads from https to http, which is not followed.`)
  }
  const sameOrigin = address.url.origin === url.origin
  const headers = sameOrigin ? hop.headers : withoutCredentials(hop.headers)
  if (repeats) return { address, headers, body: hop.body }
  const { 'content-type': _, ...rest } = headers
  return { address, headers: rest, body: undefined }
}

function readLocation(location: string, method: EgressMethod, base: URL): Address {
  try {
    return readAddress(location, method, base)
  } catch (error) {
    if (!(error instanceof CastellanError)) throw error
    throw new CastellanError('egress_denied', `${base.hostname} leads somewhere that is not followed: ${error.message}`)
  }
}
