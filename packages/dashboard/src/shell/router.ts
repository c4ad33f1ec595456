import { type ReadonlySignal, signal } from '@preact/signals'

/** Where the page stands: `#/ledger/117?tool=file_write` is the page `ledger`, the path `['117']` and one filter. */
export interface Route {
  readonly page: string
  readonly path: readonly string[]
  readonly query: Readonly<Record<string, string>>
}

/** What an address needs beyond the name of its page; what is undefined or empty is left out. */
export interface Place {
  readonly path?: readonly string[]
  readonly query?: Readonly<Record<string, string | undefined>>
}

/** The parts of the browser that hold the address. */
export interface AddressHost {
  readonly location: Pick<Location, 'hash' | 'pathname' | 'search'>
  readonly history: Pick<History, 'pushState' | 'replaceState'>
  addEventListener(type: 'hashchange' | 'popstate', listener: () => void): void
}

/** The page behind an address without one. */
export const HOME = 'chat'

/**
 * The address of the page lives behind its `#`: the gateway serves one document and never hears where in it somebody is, so filters and
 * numbers stay out of its logs.
 */
export class Router {
  readonly #host: AddressHost
  readonly #route

  readonly route: ReadonlySignal<Route>

  constructor(host: AddressHost) {
    this.#host = host
    this.#route = signal(readRoute(host.location.hash))
    this.route = this.#route
    const read = () => {
      this.#route.value = readRoute(host.location.hash)
    }
    host.addEventListener('hashchange', read)
    host.addEventListener('popstate', read)
  }

  /** Goes there; the way back leads here. */
  go(page: string, place: Place = {}): void {
    this.#host.history.pushState(null, '', addressOf(page, place))
    this.#route.value = readRoute(this.#host.location.hash)
  }

  /** The same page with another place in it, without a step in the history: filters while they are typed. */
  become(page: string, place: Place): void {
    this.#host.history.replaceState(null, '', addressOf(page, place))
    this.#route.value = readRoute(this.#host.location.hash)
  }
}

/** What a link to a page names. */
export function addressOf(page: string, { path = [], query = {} }: Place = {}): string {
  const filled = Object.entries(query).filter(
    (pair): pair is [string, string] => pair[1] !== undefined && pair[1] !== '',
  )
  const tail = filled.length === 0 ? '' : `?${new URLSearchParams(filled)}`
  return `#/${[page, ...path].map(encodeURIComponent).join('/')}${tail}`
}

/** Reads `location.hash`. What is no address of ours is the home page. */
export function readRoute(hash: string): Route {
  const [way = '', search = ''] = hash.replace(/^#/, '').split('?', 2)
  const [root, page = '', ...path] = way.split('/').map(decoded)
  const query = Object.fromEntries(new URLSearchParams(search))
  return root === '' && page !== '' ? { page, path, query } : { page: HOME, path: [], query: {} }
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
