import { readdir, readFile, readlink } from 'node:fs/promises'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { CastellanError } from '@castellan/contracts'

/** One network interface, from /sys/class/net and getifaddrs(3). Counters are since the interface came to be. */
export interface Interface {
  readonly name: string
  readonly kind: 'loopback' | 'ethernet' | 'wireless' | 'bridge' | 'bond' | 'vlan' | 'tunnel' | 'virtual' | 'other'
  /** `up`, `down`, `unknown` (loopback and tunnels do not know), … (Documentation/networking/operstates.rst). */
  readonly state: string
  readonly macAddress: string | null
  /** With the length of the prefix: `192.0.2.5/24`. */
  readonly addresses: readonly string[]
  readonly mtuBytes: number
  /** Null where the link is down or has no speed of its own. */
  readonly speedMegabits: number | null
  readonly receivedBytes: number
  readonly sentBytes: number
  readonly receiveErrors: number
  readonly sendErrors: number
  readonly dropped: number
}

const ARPHRD_ETHER = 1
const ARPHRD_LOOPBACK = 772
/** PPP, IP in IP, IPv6 in IPv4, GRE, and what has no link layer at all, such as WireGuard. */
const TUNNELS: ReadonlySet<number> = new Set([512, 768, 769, 776, 778, 823, 65_534])

/** By name, loopback first. Throws `unsupported_host` where there is no /sys. */
export async function readInterfaces(folder = '/sys/class/net'): Promise<Interface[]> {
  const names = await readdir(folder).catch(() => {
    throw new CastellanError(
      'unsupported_host',
      `This host shows no network interfaces: ${folder} is not there. With /sys mounted this works.`,
    )
  })
  const addresses = networkInterfaces()
  const read = names.map(async (name): Promise<Interface | null> => {
    const at = (path: string) =>
      readFile(join(folder, name, path), 'utf8').then(
        (text) => text.trim(),
        () => null,
      )
    const number = async (path: string) => Number((await at(path)) ?? 0)
    const type = await at('type')
    // Files such as bonding_masters lie beside the interfaces.
    if (type === null) return null
    const speed = await number('speed')
    const mac = await at('address')
    return {
      name,
      kind: await kindOf(join(folder, name), Number(type)),
      state: (await at('operstate')) ?? 'unknown',
      macAddress: mac === null || mac === '' || /^00(:00)+$/.test(mac) ? null : mac,
      addresses: (addresses[name] ?? []).map(({ cidr, address }) => cidr ?? address),
      mtuBytes: await number('mtu'),
      speedMegabits: speed > 0 ? speed : null,
      receivedBytes: await number('statistics/rx_bytes'),
      sentBytes: await number('statistics/tx_bytes'),
      receiveErrors: await number('statistics/rx_errors'),
      sendErrors: await number('statistics/tx_errors'),
      dropped: (await number('statistics/rx_dropped')) + (await number('statistics/tx_dropped')),
    }
  })
  return (await Promise.all(read)).filter((each) => each !== null).sort(byName)
}

async function kindOf(folder: string, type: number): Promise<Interface['kind']> {
  const has = (name: string) =>
    readdir(join(folder, name)).then(
      () => true,
      () => false,
    )
  if (type === ARPHRD_LOOPBACK) return 'loopback'
  if (TUNNELS.has(type)) return 'tunnel'
  if (type !== ARPHRD_ETHER) return 'other'
  if ((await has('wireless')) || (await has('phy80211'))) return 'wireless'
  if (await has('bridge')) return 'bridge'
  if (await has('bonding')) return 'bond'
  const kind = /^DEVTYPE=(.*)$/m.exec(await readFile(join(folder, 'uevent'), 'utf8').catch(() => ''))?.[1]
  if (kind === 'vlan') return 'vlan'
  const device = await readlink(folder).catch(() => '')
  return device.includes('/virtual/') ? 'virtual' : 'ethernet'
}

function byName(left: Interface, right: Interface): number {
  const loopback = Number(right.kind === 'loopback') - Number(left.kind === 'loopback')
  return loopback || (left.name < right.name ? -1 : 1)
}
