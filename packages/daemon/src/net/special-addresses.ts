import ipaddr from 'ipaddr.js'

/**
 * What an address is. `public`: a machine of the internet. `private`: RFC 1918, RFC 4193. `shared`: RFC 6598, behind carriers'
 * NAT and in overlay networks. `metadata`: where clouds hand out credentials to whoever asks. `reserved`: nothing that is
 * reached in earnest.
 */
export type AddressKind =
  | 'public'
  | 'private'
  | 'shared'
  | 'loopback'
  | 'link_local'
  | 'metadata'
  | 'multicast'
  | 'broadcast'
  | 'unspecified'
  | 'documentation'
  | 'benchmarking'
  | 'reserved'

type Range = readonly [ipaddr.IPv4 | ipaddr.IPv6, number]

const range = (cidr: string): Range => ipaddr.parseCIDR(cidr)

/**
 * AWS and most others, AWS for containers and over IPv6, Alibaba Cloud, Azure's WireServer, Oracle Cloud, Google Cloud and
 * Scaleway over IPv6.
 */
const METADATA = [
  '169.254.169.254',
  '169.254.170.2',
  '100.100.100.200',
  '168.63.129.16',
  '192.0.0.192',
  'fd00:ec2::254',
  'fd20:ce::254',
  'fd00:42::42',
]

/** The first that holds an address says what it is. From IANA's special-purpose address registries (RFC 6890 and its updates). */
const SPECIAL_IPV4: readonly (readonly [Range, AddressKind])[] = [
  [range('0.0.0.0/8'), 'unspecified'],
  [range('10.0.0.0/8'), 'private'],
  [range('100.64.0.0/10'), 'shared'],
  [range('127.0.0.0/8'), 'loopback'],
  [range('169.254.0.0/16'), 'link_local'],
  [range('172.16.0.0/12'), 'private'],
  [range('192.0.0.0/24'), 'reserved'],
  [range('192.0.2.0/24'), 'documentation'],
  [range('192.88.99.0/24'), 'reserved'],
  [range('192.168.0.0/16'), 'private'],
  [range('198.18.0.0/15'), 'benchmarking'],
  [range('198.51.100.0/24'), 'documentation'],
  [range('203.0.113.0/24'), 'documentation'],
  [range('224.0.0.0/4'), 'multicast'],
  [range('255.255.255.255/32'), 'broadcast'],
  [range('240.0.0.0/4'), 'reserved'],
]

/** Only 2000::/3 is given out to machines of the internet; what is in none of these is reserved. */
const SPECIAL_IPV6: readonly (readonly [Range, AddressKind])[] = [
  [range('::/128'), 'unspecified'],
  [range('::1/128'), 'loopback'],
  [range('2001:db8::/32'), 'documentation'],
  [range('3fff::/20'), 'documentation'],
  [range('2001:2::/48'), 'benchmarking'],
  [range('2001::/23'), 'reserved'],
  [range('2000::/3'), 'public'],
  [range('fc00::/7'), 'private'],
  [range('fe80::/10'), 'link_local'],
  [range('ff00::/8'), 'multicast'],
]

/** What an address is by itself, whatever it may carry inside. */
export function kindOf(address: ipaddr.IPv4 | ipaddr.IPv6): AddressKind {
  if (METADATA.includes(address.toString())) return 'metadata'
  const [table, otherwise] =
    address instanceof ipaddr.IPv4 ? [SPECIAL_IPV4, 'public' as const] : [SPECIAL_IPV6, 'reserved' as const]
  // Of one table all ranges are of the address's own family.
  const found = table.find(([[network, bits]]) => (address as ipaddr.IPv6).match(network as ipaddr.IPv6, bits))
  return found?.[1] ?? otherwise
}
