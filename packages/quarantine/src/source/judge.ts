import { isIP } from 'node:net'
import { z } from 'zod'

/** Hosts that models may be said to come from; `*.example.org` is every name below it, not itself. */
export const SourcePolicy = z.strictObject({
  hosts: z.array(z.string().min(1).max(255)).max(100).default(['huggingface.co']),
})
export type SourcePolicy = z.infer<typeof SourcePolicy>

/** A local file says that it is one; an address that is accepted is the very one that was given. */
export type Source =
  | { readonly kind: 'local' }
  | {
      readonly kind: 'https'
      readonly host: string
      /** The revision its path names, as model hubs write it (`/resolve/REVISION/…`); null where it names none. */
      readonly revision: string | null
      /** Whether that is a commit: a branch or tag may name other files tomorrow. */
      readonly fixed: boolean
    }
  | { readonly kind: 'refused'; readonly why: string }

const COMMIT = /^([0-9a-f]{40}|[0-9a-f]{64})$/

/**
 * Judges where a model is said to come from. An address has to be `https`, on the list, and written the one way it can be
 * written: no user, port, query, fragment, `.` or `..`, percent-encoding, capital or trailing dot in the host.
 */
export function judgeSource(source: string | undefined, { hosts }: SourcePolicy): Source {
  if (source === undefined) return { kind: 'local' }
  if (source.length > 2048 || !/^[\x21-\x7e]+$/.test(source))
    return refused('is no address: it has spaces or unusual characters')
  const written = /^https:\/\/([^/?#]+)(\/[^?#]*)?(\?[^#]*)?(#.*)?$/.exec(source)
  if (written === null) return refused('does not begin with https:// in lower case')
  const [, authority = '', path = '/', query, fragment] = written
  if (authority.includes('@')) return refused('names a user')
  if (authority.includes(':')) return refused('names a port')
  if (query !== undefined) return refused('has a query')
  if (fragment !== undefined) return refused('has a fragment')
  if (/[%\\]/.test(source)) return refused('has a backslash or something percent-encoded')
  if (
    path
      .split('/')
      .slice(1, -1)
      .some((part) => part === '' || part === '.' || part === '..') ||
    /\/\.\.?$/.test(path)
  ) {
    return refused('has an empty part, . or .. in its path')
  }
  if (!isHost(authority)) return refused('names no host in its plain form')
  // What a browser would make of it has to be what is written.
  if (!URL.canParse(source) || new URL(source).href !== source) return refused('is not written in its canonical form')
  if (!hosts.some((pattern) => matches(authority, pattern))) {
    return refused(`is on ${authority}, which is not on the list of hosts that models may come from`)
  }
  const revision = /\/(?:resolve|raw|blob)\/([^/]+)\//.exec(path)?.[1] ?? null
  return { kind: 'https', host: authority, revision, fixed: revision !== null && COMMIT.test(revision) }
}

function isHost(host: string): boolean {
  const labels = host.split('.')
  return (
    labels.length > 1 &&
    host.length <= 253 &&
    isIP(host) === 0 &&
    labels.every((label) => /^(?!-)[a-z0-9-]{1,63}(?<!-)$/.test(label)) &&
    /[a-z]/.test(labels.at(-1) ?? '')
  )
}

function matches(host: string, pattern: string): boolean {
  return pattern.startsWith('*.')
    ? host.endsWith(pattern.slice(1)) && host.length > pattern.length - 1
    : host === pattern
}

function refused(why: string): Source {
  return { kind: 'refused', why: `The source ${why}.` }
}
