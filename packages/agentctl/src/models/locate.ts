import { CastellanError } from '@castellan/contracts'
import type { Answer, Ask } from './way-out.ts'

const MAX_REDIRECTS = 4
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])

/** Where a file is to be had, and what its publisher says of it. */
export interface Located {
  readonly url: URL
  /** Tells this file from any other that was or will be there. */
  readonly tag: string | null
  readonly bytes: number | null
  readonly sha256: string | null
}

/**
 * Follows an address to where the file is served, one answer after the other, each held to `mayLead`. The first that tells the
 * SHA-256 and size of what it leads to is the publisher; whoever serves it is not asked for that. Throws `egress_denied` for a
 * redirect elsewhere, `not_found`, `egress_failed`.
 */
export async function locate(
  address: URL,
  ask: Ask,
  mayLead: (url: URL) => boolean,
  signal: AbortSignal,
): Promise<Located> {
  let url = address
  let told: Omit<Located, 'url'> = { tag: null, bytes: null, sha256: null }
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
    const answer = await ask(url, { method: 'HEAD' }, signal)
    answer.close()
    told = merged(told, answer)
    const location = answer.header('location')
    if (!REDIRECTS.has(answer.status) || location === undefined) {
      refuseUnlessServed(answer, url)
      const bytes = told.bytes ?? numberOf(answer.header('content-length'))
      return { url, ...told, bytes, tag: told.tag ?? answer.header('etag') ?? null }
    }
    url = next(location, url, mayLead)
  }
  throw new CastellanError('egress_failed', `${address.hostname} leads from one address to the next without an end.`)
}

function next(location: string, from: URL, mayLead: (url: URL) => boolean): URL {
  const url = URL.canParse(location, from.href) ? new URL(location, from) : undefined
  if (url === undefined || (from.protocol === 'https:' && url.protocol !== 'https:')) {
    throw new CastellanError('egress_denied', `${from.hostname} leads somewhere that is not followed.`)
  }
  if (url.host === from.host || mayLead(url)) return url
  throw new CastellanError(
    'egress_denied',
    `${from.hostname} leads to ${url.host}, which is not among the hosts that this download may reach. ` +
      `If you know it, say --host ${url.host}.`,
    { detail: { host: url.host } },
  )
}

function merged(told: Omit<Located, 'url'>, answer: Answer): Omit<Located, 'url'> {
  const linked = unquoted(answer.header('x-linked-etag'))
  const sha256 = linked !== null && /^[0-9a-f]{64}$/.test(linked) ? linked : null
  return {
    tag: told.tag ?? linked,
    bytes: told.bytes ?? numberOf(answer.header('x-linked-size')),
    sha256: told.sha256 ?? sha256,
  }
}

function refuseUnlessServed({ status }: Answer, { hostname }: URL): void {
  if (status === 200 || status === 206) return
  if (status === 404) {
    throw new CastellanError('not_found', `${hostname} has no such file. Its publisher may have renamed or removed it.`)
  }
  if (status === 401 || status === 403) {
    throw new CastellanError(
      'forbidden',
      `${hostname} gives this file only to those who sign in or agree to its terms.`,
    )
  }
  throw new CastellanError(
    'egress_failed',
    `${hostname} answered with status ${status} when it was asked for the file.`,
  )
}

function unquoted(tag: string | undefined): string | null {
  return tag === undefined ? null : tag.replace(/^(W\/)?"(.*)"$/, '$2')
}

function numberOf(text: string | undefined): number | null {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : null
}
