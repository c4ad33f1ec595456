import type { IncomingMessage } from 'node:http'
import { CastellanError } from '@castellan/contracts'
import { secretNamed } from '../secrets/placeholder.ts'

/** Headers that hold a credential: they go to the host they were meant for and no further. */
export const CREDENTIAL_HEADERS = ['authorization', 'x-api-key', 'api-key', 'x-goog-api-key'] as const

/**
 * What goes out; everything else stays: what belongs to one connection (RFC 9110, section 7.6.1), `Host` and `Content-Length`, which
 * are ours to say, cookies, what tells of proxies and of who is behind them, and whatever nobody thought of.
 */
const OUTWARD: ReadonlySet<string> = new Set([
  ...CREDENTIAL_HEADERS,
  'accept',
  'accept-language',
  'anthropic-beta',
  'anthropic-dangerous-direct-browser-access',
  'anthropic-version',
  'cache-control',
  'content-type',
  'http-referer',
  'idempotency-key',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'openai-beta',
  'openai-organization',
  'openai-project',
  'range',
  'user-agent',
  'x-title',
])

const INWARD: ReadonlySet<string> = new Set([
  'accept-ranges',
  'cache-control',
  'content-disposition',
  'content-language',
  'content-length',
  'content-range',
  'content-type',
  'date',
  'etag',
  'expires',
  'last-modified',
  'location',
  'request-id',
  'retry-after',
  'retry-after-ms',
  'www-authenticate',
  // What a model hub says of the file that it leads to: its digest, its size, the revision that it is of.
  'x-linked-etag',
  'x-linked-size',
  'x-repo-commit',
  'x-request-id',
  'x-should-retry',
])
/** Limits of providers and what is left of them. */
const INWARD_PREFIXES = ['anthropic-', 'openai-', 'ratelimit', 'x-ratelimit-']

/**
 * A request's headers as they may leave, by their names in lower case, and the names of those that may not. One that names a secret
 * may: its grant says which header it goes into. Where credentials may not be given, only those that name a secret are let through.
 */
export function outwardHeaders(
  given: Readonly<Record<string, string>>,
  mayGiveCredentials: boolean,
): {
  readonly headers: Record<string, string>
  readonly stripped: string[]
} {
  const headers: Record<string, string> = {}
  const stripped: string[] = []
  const credentials: readonly string[] = mayGiveCredentials ? [] : CREDENTIAL_HEADERS
  for (const [name, value] of Object.entries(given)) {
    const key = name.toLowerCase()
    const named = secretNamed(value) !== undefined
    if (!named && (!OUTWARD.has(key) || credentials.includes(key))) stripped.push(key)
    else if (Object.hasOwn(headers, key)) {
      throw new CastellanError('invalid_request', `The header ${key} is given twice, in different letters.`)
    } else headers[key] = value
  }
  return { headers, stripped }
}

/** The same headers for another origin. */
export function withoutCredentials(headers: Readonly<Record<string, string>>): Record<string, string> {
  const secret: readonly string[] = CREDENTIAL_HEADERS
  return Object.fromEntries(
    Object.entries(headers).filter(([name, value]) => !secret.includes(name) && secretNamed(value) === undefined),
  )
}

/** An answer's headers as they may come in, in their order; one that was sent several times is there several times. */
export function inwardHeaders({ rawHeaders }: IncomingMessage): [string, string][] {
  const headers: [string, string][] = []
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] as string).toLowerCase()
    if (INWARD.has(name) || INWARD_PREFIXES.some((prefix) => name.startsWith(prefix))) {
      headers.push([name, rawHeaders[index + 1] as string])
    }
  }
  return headers
}
