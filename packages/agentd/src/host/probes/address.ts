import { CastellanError } from '@castellan/contracts'
import ipaddr from 'ipaddr.js'

/**
 * Addresses at which clouds hand out credentials to whoever asks, beside those that are link-local anyway: AWS over IPv6,
 * Alibaba Cloud, Azure's WireServer, Oracle Cloud.
 */
const metadata: ReadonlySet<string> = new Set(['fd00:ec2::254', '100.100.100.200', '168.63.129.16', '192.0.0.192'])

const refusedRanges: Readonly<Record<string, string>> = {
  unspecified: 'it names no machine; 127.0.0.1 is this one',
  linkLocal: 'it is link-local, where clouds hand out credentials',
  multicast: 'it is a multicast address',
  broadcast: 'it is a broadcast address',
}

/** Throws `forbidden` for an address that no probe may reach, however it is written. `name` is what was asked for. */
export function vetAddress(address: string, name: string): void {
  const reason = whyRefused(address)
  if (reason === null) return
  const which = name === address ? address : `${name} (${address})`
  throw new CastellanError('forbidden', `${which} is not probed: ${reason}.`)
}

/** Why an address is refused; null where it may be probed. IPv4 inside IPv6 is judged as the IPv4 address it leads to. */
export function whyRefused(address: string): string | null {
  if (!ipaddr.isValid(address)) return 'it is no IP address'
  const parsed = ipaddr.parse(address)
  const inner = parsed instanceof ipaddr.IPv6 ? innerIPv4(parsed) : null
  const judged = inner ?? withoutZone(parsed)
  if (metadata.has(judged.toString())) return 'a cloud hands out credentials there'
  return refusedRanges[judged.range()] ?? null
}

/** The IPv4 address inside a mapped (RFC 4291), compatible, NAT64 (RFC 6052), 6to4 (RFC 3056) or ISATAP address. */
function innerIPv4(address: ipaddr.IPv6): ipaddr.IPv4 | null {
  const bytes = address.toByteArray()
  const ipv4 = (from: number) => new ipaddr.IPv4(bytes.slice(from, from + 4))
  const startsWith = (prefix: readonly number[]) => prefix.every((byte, index) => bytes[index] === byte)
  const zeros = (length: number): number[] => new Array<number>(length).fill(0)
  if (startsWith([...zeros(10), 0xff, 0xff])) return ipv4(12)
  if (startsWith([0x00, 0x64, 0xff, 0x9b])) return ipv4(12)
  if (startsWith([0x20, 0x02])) return ipv4(2)
  if (bytes[8] === 0 && bytes[9] === 0 && bytes[10] === 0x5e && bytes[11] === 0xfe) return ipv4(12)
  // ::1 and :: are themselves, not 0.0.0.1 and 0.0.0.0.
  if (startsWith(zeros(12)) && bytes.slice(12, 15).some((byte) => byte !== 0)) return ipv4(12)
  return null
}

function withoutZone(address: ipaddr.IPv4 | ipaddr.IPv6): ipaddr.IPv4 | ipaddr.IPv6 {
  return address instanceof ipaddr.IPv6 ? new ipaddr.IPv6(address.toByteArray()) : address
}
