import { readFile } from 'node:fs/promises'

/** One route of the main table. */
export interface Route {
  readonly family: 4 | 6
  /** `default`, or a network such as `192.0.2.0/24`. */
  readonly destination: string
  /** Null where the network is on the link itself. */
  readonly gateway: string | null
  readonly interface: string
  /** Of two routes to the same place the one with the lower metric counts. */
  readonly metric: number
  /** Whether packets on this route are refused rather than sent (`ip route add unreachable …`). */
  readonly rejected: boolean
}

/** include/uapi/linux/route.h and ipv6_route.h. */
const RTF_UP = 0x1
const RTF_GATEWAY = 0x2
const RTF_REJECT = 0x200
const RTF_ANYCAST = 0x0010_0000
const RTF_LOCAL = 0x8000_0000

/** IPv4 from /proc/net/route, IPv6 from /proc/net/ipv6_route, defaults first. Either is empty where the kernel has none. */
export async function readRoutes(): Promise<Route[]> {
  const [four, six] = await Promise.all(
    ['route', 'ipv6_route'].map((name) => readFile(`/proc/net/${name}`, 'utf8').catch(() => '')),
  )
  return [...parseRoutes4(four ?? ''), ...parseRoutes6(six ?? '')].sort(
    (left, right) =>
      left.family - right.family ||
      Number(right.destination === 'default') - Number(left.destination === 'default') ||
      left.metric - right.metric ||
      (left.destination < right.destination ? -1 : 1),
  )
}

/** proc_net_route: addresses are hex words in host byte order. */
export function parseRoutes4(text: string): Route[] {
  return text
    .split('\n')
    .slice(1)
    .flatMap((line): Route[] => {
      const [name, destination, gateway, flagText, , , metric, mask] = line.trim().split(/\s+/)
      if (name === undefined || destination === undefined || gateway === undefined || mask === undefined) return []
      const flags = Number.parseInt(flagText ?? '0', 16)
      if ((flags & RTF_UP) === 0) return []
      const bits = prefixLength(mask)
      return [
        {
          family: 4,
          destination: bits === 0 ? 'default' : `${ipv4(destination)}/${bits}`,
          gateway: (flags & RTF_GATEWAY) === 0 ? null : ipv4(gateway),
          interface: name,
          metric: Number(metric),
          rejected: (flags & RTF_REJECT) !== 0,
        },
      ]
    })
}

/** One line a route of every table; the host's own addresses and multicast are no routes to anywhere. */
export function parseRoutes6(text: string): Route[] {
  return text.split('\n').flatMap((line): Route[] => {
    const [destination, bitsHex, , , gateway, metric, , , flagText, name] = line.trim().split(/\s+/)
    if (destination === undefined || gateway === undefined || name === undefined) return []
    const flags = Number.parseInt(flagText ?? '0', 16)
    const hidden = (flags & RTF_UP) === 0 || (flags & RTF_LOCAL) !== 0 || (flags & RTF_ANYCAST) !== 0
    if (hidden || destination.startsWith('ff')) return []
    const bits = Number.parseInt(bitsHex ?? '0', 16)
    return [
      {
        family: 6,
        destination: bits === 0 ? 'default' : `${ipv6(destination)}/${bits}`,
        gateway: (flags & RTF_GATEWAY) === 0 ? null : ipv6(gateway),
        interface: name,
        metric: Number.parseInt(metric ?? '0', 16),
        rejected: (flags & RTF_REJECT) !== 0,
      },
    ]
  })
}

function ipv4(hex: string): string {
  return Buffer.from(hex, 'hex').reverse().join('.')
}

/** Thirty-two hex digits in network order, shortened as RFC 5952 says. */
function ipv6(hex: string): string {
  const groups = hex.match(/.{4}/g) ?? []
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1)
}

function prefixLength(mask: string): number {
  return Number.parseInt(mask, 16).toString(2).replaceAll('0', '').length
}
