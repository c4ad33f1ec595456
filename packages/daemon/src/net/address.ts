import ipaddr from 'ipaddr.js'
import { type AddressKind, kindOf } from './special-addresses.ts'

/**
 * How an IPv4 address is written inside an IPv6 address: mapped and compatible (RFC 4291), translated (RFC 2765), NAT64 under
 * the well-known prefix (RFC 6052) and the local one (RFC 8215), 6to4 (RFC 3056), Teredo (RFC 4380), ISATAP (RFC 5214).
 */
export type AddressForm =
  | 'plain'
  | 'mapped'
  | 'compatible'
  | 'translated'
  | 'nat64'
  | 'nat64_local'
  | '6to4'
  | 'teredo'
  | 'isatap'

export interface AddressFacts {
  /** Of the IPv4 address inside, where there is one: that is where it leads. */
  readonly kind: AddressKind
  readonly form: AddressForm
}

/** What an IP address is, however it is written; undefined for text that is none. A zone (`%eth0`) changes nothing. */
export function addressFacts(text: string): AddressFacts | undefined {
  if (!ipaddr.isValid(text)) return undefined
  const parsed = ipaddr.parse(text)
  if (parsed instanceof ipaddr.IPv4) return { kind: kindOf(parsed), form: 'plain' }
  const address = new ipaddr.IPv6(parsed.toByteArray())
  const carried = carriedIPv4(address)
  if (carried === undefined) return { kind: kindOf(address), form: 'plain' }
  return { kind: worst(carried.candidates.map(kindOf)), form: carried.form }
}

/**
 * Whether a machine of the internet answers there. Of the forms that wrap IPv4 only NAT64 is in use towards public hosts, in
 * networks without IPv4; every other one is a way around filters and refused.
 */
export function isPublicAddress(text: string): boolean {
  const facts = addressFacts(text)
  return facts?.kind === 'public' && (facts.form === 'plain' || facts.form === 'nat64')
}

interface Carried {
  readonly form: AddressForm
  /** More than one where the network's setup decides which it is. */
  readonly candidates: readonly ipaddr.IPv4[]
}

function carriedIPv4(address: ipaddr.IPv6): Carried | undefined {
  const bytes = address.toByteArray()
  const at = (...positions: number[]) => new ipaddr.IPv4(positions.map((position) => bytes[position] as number))
  const last = at(12, 13, 14, 15)
  const startsWith = (...prefix: number[]) => prefix.every((byte, index) => bytes[index] === byte)
  const zeros = (length: number): number[] => new Array<number>(length).fill(0)

  if (startsWith(...zeros(10), 0xff, 0xff)) return { form: 'mapped', candidates: [last] }
  if (startsWith(...zeros(8), 0xff, 0xff, 0, 0)) return { form: 'translated', candidates: [last] }
  if (startsWith(0x00, 0x64, 0xff, 0x9b, ...zeros(8))) return { form: 'nat64', candidates: [last] }
  if (startsWith(0x00, 0x64, 0xff, 0x9b, 0x00, 0x01)) {
    // RFC 6052, section 2.2: prefixes of 48, 56, 64 and 96 bits put the address in other places.
    const candidates = [at(6, 7, 9, 10), at(7, 9, 10, 11), at(9, 10, 11, 12), last]
    return { form: 'nat64_local', candidates }
  }
  if (startsWith(0x20, 0x02)) return { form: '6to4', candidates: [at(2, 3, 4, 5)] }
  if (startsWith(0x20, 0x01, 0x00, 0x00)) {
    const client = new ipaddr.IPv4(bytes.slice(12).map((byte) => byte ^ 0xff))
    return { form: 'teredo', candidates: [client, at(4, 5, 6, 7)] }
  }
  const isatap = (bytes[8] === 0 || bytes[8] === 2) && bytes[9] === 0 && bytes[10] === 0x5e && bytes[11] === 0xfe
  if (isatap) return { form: 'isatap', candidates: [last] }
  // ::1 and :: are themselves, not 0.0.0.1 and 0.0.0.0.
  if (startsWith(...zeros(12)) && bytes.slice(12, 15).some((byte) => byte !== 0)) {
    return { form: 'compatible', candidates: [last] }
  }
  return undefined
}

const BEST_FIRST: readonly AddressKind[] = ['public', 'private', 'shared', 'loopback']

/** The one that most should not be reached. */
function worst(kinds: readonly AddressKind[]): AddressKind {
  const rank = (kind: AddressKind): number => {
    const position = BEST_FIRST.indexOf(kind)
    return position === -1 ? BEST_FIRST.length : position
  }
  return kinds.reduce((left, right) => (rank(right) > rank(left) ? right : left))
}
