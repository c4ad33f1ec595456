import { BlockList, isIP, isIPv4, isIPv6 } from 'node:net'
import type { FastifyInstance, FastifyRequest } from 'fastify'

/** Hops that are looked at; a header with more was not written by proxies. */
const MAX_HOPS = 32

declare module 'fastify' {
  interface FastifyRequest {
    /** Where the request comes from, as far as trusted proxies tell: an IP address, or `local` on the Unix socket. */
    clientAddress: string
    /** What counts as one client where requests are counted: an IPv4 address, the /64 of an IPv6 address, or `local`. */
    clientNetwork: string
    /** Whether the client speaks TLS, to a trusted proxy. */
    overTls: boolean
  }
}

export interface ProxyRules {
  /** Addresses and networks (CIDR) of proxies. */
  readonly trustedProxies: readonly string[]
  /**
   * The one header that they write. Only one is read: proxies pass the other on as it came, so that a client could claim in
   * it whatever it likes.
   */
  readonly forwardedHeader: 'x-forwarded-for' | 'forwarded'
}

/**
 * Finds out who is at the other end. What a header says counts only from a configured proxy, or on the Unix socket, whose
 * file permissions say who may be one; from anybody else it is a claim that is not looked at.
 */
export function addClientAddress(app: FastifyInstance, { trustedProxies, forwardedHeader }: ProxyRules): void {
  const trusted = listOf(trustedProxies)
  const peers = new WeakMap<object, Peer>()
  app.decorateRequest('clientAddress', '')
  app.decorateRequest('clientNetwork', '')
  app.decorateRequest('overTls', false)
  app.addHook('onRequest', (request, _reply, done) => {
    const { socket } = request.raw
    let peer = peers.get(socket)
    if (peer === undefined) {
      peer = peerAt(socket.remoteAddress, trusted)
      peers.set(socket, peer)
    }
    if (peer.isTrusted) {
      const hops = forwardedHeader === 'forwarded' ? forwardedHops(request) : xForwardedHops(request)
      request.clientAddress = clientOf(hops, peer.address, trusted)
      request.clientNetwork = networkOf(request.clientAddress)
      request.overTls = hops.proto === 'https'
    } else {
      request.clientAddress = peer.address
      request.clientNetwork = peer.network
    }
    done()
  })
}

/** The other end of a connection, which serves many requests. */
interface Peer {
  readonly address: string
  readonly network: string
  readonly isTrusted: boolean
}

function peerAt(remoteAddress: string | undefined, trusted: BlockList): Peer {
  const address = remoteAddress === undefined ? 'local' : plain(remoteAddress)
  return { address, network: networkOf(address), isTrusted: isTrusted(trusted, address) }
}

interface Hops {
  /** In the order of the header: the last was added by the proxy that connects here. */
  readonly addresses: readonly (string | undefined)[]
  readonly proto: string | undefined
}

/** From the nearest hop outwards, the first that is no trusted proxy; what is no address ends the walk. */
function clientOf({ addresses }: Hops, peer: string, trusted: BlockList): string {
  let client = peer
  for (const address of addresses.slice(-MAX_HOPS).reverse()) {
    if (address === undefined) return client
    client = address
    if (!isTrusted(trusted, address)) return client
  }
  return client
}

function xForwardedHops({ headers }: FastifyRequest): Hops {
  const addresses = listed(headers['x-forwarded-for']).map(readAddress)
  return { addresses, proto: listed(headers['x-forwarded-proto']).at(-1)?.toLowerCase() }
}

/** RFC 7239. An obfuscated or unknown node is no address. */
function forwardedHops({ headers }: FastifyRequest): Hops {
  const elements = listed(headers.forwarded).map((element) => {
    const pairs = element.split(';').map((pair) => pair.split('=', 2))
    const read = (name: string) =>
      pairs
        .find(([key]) => key?.trim().toLowerCase() === name)?.[1]
        ?.trim()
        .replaceAll('"', '')
    return { address: readAddress(read('for') ?? ''), proto: read('proto')?.toLowerCase() }
  })
  return { addresses: elements.map(({ address }) => address), proto: elements.at(-1)?.proto }
}

function listed(header: string | string[] | undefined): string[] {
  return (Array.isArray(header) ? header.join(',') : (header ?? ''))
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
}

/** `192.0.2.7`, `192.0.2.7:4711`, `2001:db8::7`, `[2001:db8::7]`, `[2001:db8::7]:4711`. */
function readAddress(text: string): string | undefined {
  const bare = /^\[([^\]]+)\](?::\d+)?$/.exec(text)?.[1] ?? /^([\d.]+):\d+$/.exec(text)?.[1] ?? text
  return isIP(bare) === 0 ? undefined : plain(bare)
}

/** An IPv4 address that came over an IPv6 socket is the IPv4 address. */
function plain(address: string): string {
  const mapped = /^::ffff:([\d.]+)$/i.exec(address)?.[1]
  return mapped !== undefined && isIPv4(mapped) ? mapped : address.toLowerCase()
}

function isTrusted(trusted: BlockList, address: string): boolean {
  return address === 'local' || trusted.check(address, isIPv4(address) ? 'ipv4' : 'ipv6')
}

function listOf(networks: readonly string[]): BlockList {
  const list = new BlockList()
  for (const network of networks) {
    const [address = '', prefix] = network.split('/', 2)
    const family = isIPv4(address) ? 'ipv4' : 'ipv6'
    if (prefix === undefined) list.addAddress(address, family)
    else list.addSubnet(address, Number(prefix), family)
  }
  return list
}

/** Whether this is an address or a network as `trustedProxies` takes it. */
export function isNetwork(text: string): boolean {
  const [address = '', prefix, ...rest] = text.split('/')
  const family = isIP(address)
  if (family === 0 || rest.length > 0) return false
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (family === 4 ? 32 : 128))
}

/** An IPv4 address as it is, an IPv6 address by its /64. */
export function networkOf(address: string): string {
  if (!isIPv6(address)) return address
  const [head = '', tail] = address.split('::', 2)
  const groups = head === '' ? [] : head.split(':')
  const after = tail === undefined || tail === '' ? [] : tail.split(':')
  const gap = tail === undefined ? 0 : Math.max(0, 8 - groups.length - after.length)
  const all = [...groups, ...Array<string>(gap).fill('0'), ...after]
  return `${all
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`
}
