import type { Destination, EgressMethod } from '@castellan/contracts'
import { isBelow } from './path.ts'

/** Where a request wants to go. */
export interface Aim {
  readonly scheme: 'https' | 'http'
  readonly host: string
  readonly port: number
  readonly method: EgressMethod
  /** As the URL parser writes it, without the query. */
  readonly path: string
}

export type Match =
  | { readonly destination: Destination }
  /** Why no entry admits it, as the end of a sentence. */
  | { readonly refusal: string }

/** The first entry that admits all of it; one for the very host comes before one for every name below another. */
export function findDestination(entries: readonly Destination[], aim: Aim): Match {
  const ofHost = entries
    .filter(({ host }) => covers(host, aim.host))
    .sort((left, right) => Number(isWide(left)) - Number(isWide(right)))
  const ofPort = ofHost.filter(({ port, scheme }) => port === aim.port && scheme === aim.scheme)
  const ofMethod = ofPort.filter(({ methods }) => methods?.includes(aim.method) ?? true)
  const destination = ofMethod.find(({ path }) => isBelow(path, aim.path))
  if (destination !== undefined) return { destination }
  if (ofMethod.length > 0) return { refusal: `its path is not below ${listed(ofMethod.map(({ path }) => path))}` }
  if (ofPort.length > 0) return { refusal: `${aim.method} is not among the methods that are allowed there` }
  if (ofHost.length > 0) {
    return { refusal: `only ${listed(ofHost.map(({ scheme, port }) => `${scheme} on port ${port}`))} is allowed there` }
  }
  return { refusal: 'it is not on the list' }
}

/** The entry that admits a tunnel to a host, in which nobody sees methods and paths: one that limits neither. */
export function findTunnel(entries: readonly Destination[], host: string, port: number): Match {
  const ofHost = entries.filter((entry) => covers(entry.host, host) && entry.port === port && entry.scheme === 'https')
  const destination = ofHost.find(({ methods, path }) => methods === undefined && path === '/')
  if (destination !== undefined) return { destination }
  return {
    refusal:
      ofHost.length > 0
        ? 'its entry is for some methods or paths only, which cannot be seen in a tunnel'
        : 'it is not on the list',
  }
}

/** `*.example.org` covers every name below example.org and not example.org. */
function covers(pattern: string, host: string): boolean {
  return pattern.startsWith('*.')
    ? host.endsWith(pattern.slice(1)) && host.length > pattern.length - 1
    : host === pattern
}

function isWide({ host }: Destination): boolean {
  return host.startsWith('*.')
}

function listed(words: readonly string[]): string {
  return [...new Set(words)].join(' or ')
}
