import { isIP } from 'node:net'
import { CastellanError, type EgressMethod, HostName } from '@castellan/contracts'
import type { Aim } from '../destinations/match.ts'

export interface Address {
  readonly url: URL
  readonly aim: Aim
}

/**
 * Reads an address as the WHATWG URL Standard does, and nobody reads it again: what is vetted is what is dialled and asked for.
 * Throws `invalid_request` for what is no web address or carries a password, `egress_denied` for an address in place of a name.
 */
export function readAddress(text: string, method: EgressMethod, base?: URL): Address {
  if (!URL.canParse(text, base?.href)) {
    throw new CastellanError('invalid_request', 'This is not an address like https://api.example.org/v1.')
  }
  const url = new URL(text, base)
  url.hash = ''
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw new CastellanError('invalid_request', `Only https and http addresses are fetched, not ${url.protocol}`)
  }
  if (url.username !== '' || url.password !== '') {
    throw new CastellanError(
      'invalid_request',
      'The address holds a user name or a password. Send them in an Authorization header.',
    )
  }
  assertName(url.hostname)
  const scheme = url.protocol === 'https:' ? 'https' : 'http'
  const port = url.port === '' ? (scheme === 'https' ? 443 : 80) : Number(url.port)
  return { url, aim: { scheme, host: url.hostname, port, method, path: url.pathname } }
}

function assertName(hostname: string): void {
  if (isIP(hostname.replace(/^\[|\]$/g, '')) !== 0) {
    throw new CastellanError(
      'egress_denied',
      `${hostname} is an address. Hosts are reached by their names, so that the list of destinations says what they are.`,
    )
  }
  if (!HostName.safeParse(hostname).success) {
    throw new CastellanError('egress_denied', `${hostname.slice(0, 100)} is not the name of a host.`)
  }
}
