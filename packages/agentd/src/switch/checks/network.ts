import { readFile } from 'node:fs/promises'
import { networkInterfaces } from 'node:os'

/** Whether this host can be reached at all, as far as the kernel knows. */
export interface NetworkState {
  /** A default route, IPv4 or IPv6. */
  readonly hasRoute: boolean
  /** An address that others can use: neither loopback nor link-local. */
  readonly hasAddress: boolean
}

export async function networkState(): Promise<NetworkState> {
  const [four, six] = await Promise.all(
    ['/proc/net/route', '/proc/net/ipv6_route'].map((path) => readFile(path, 'utf8').catch(() => '')),
  )
  const addresses = Object.values(networkInterfaces()).flatMap((entries) => entries ?? [])
  return {
    hasRoute: hasDefaultRoute(four ?? '', six ?? ''),
    hasAddress: addresses.some(({ internal, address }) => !internal && !/^(169\.254\.|fe80:)/i.test(address)),
  }
}

/** Lines of /proc/net/route (destination and mask in hex) and of /proc/net/ipv6_route (`lo` holds reject routes). */
export function hasDefaultRoute(route: string, route6: string): boolean {
  const four = route.split('\n').some((line) => {
    const [, destination, , , , , , mask] = line.split('\t')
    return destination === '00000000' && mask?.trim() === '00000000'
  })
  const six = route6.split('\n').some((line) => {
    const fields = line.trim().split(/\s+/)
    return /^0{32}$/.test(fields[0] ?? '') && fields[1] === '00' && fields.at(-1) !== 'lo'
  })
  return four || six
}
