import { CastellanError, type Reach } from '@castellan/contracts'
import { type AddressKind, addressFacts, isPublicAddress } from '@castellan/daemon'

/** What each reach admits beside the public; IPv4 inside of IPv6 never counts as the owner's network. */
const ADMITTED: Readonly<Record<Exclude<Reach, 'public'>, readonly AddressKind[]>> = {
  private: ['private', 'shared'],
  loopback: ['loopback'],
}

const WORDS: Readonly<Record<AddressKind, string>> = {
  public: 'a public address',
  private: 'an address of a private network',
  shared: "an address behind a carrier's NAT or of an overlay network",
  loopback: 'this machine',
  link_local: 'link-local, where clouds hand out credentials',
  metadata: 'where clouds hand out credentials',
  multicast: 'a multicast address',
  broadcast: 'a broadcast address',
  unspecified: 'no machine',
  documentation: 'an address for examples',
  benchmarking: 'an address for measuring networks',
  reserved: 'a reserved address',
}

/**
 * Throws `egress_denied` unless every address is one that this reach admits. One that is not condemns the whole answer: a name
 * that leads to two kinds of places is set up wrongly or set up against us.
 */
export function vetAddresses(host: string, addresses: readonly string[], reach: Reach): void {
  for (const address of addresses) {
    if (isAdmitted(address, reach)) continue
    throw new CastellanError('egress_denied', `${host} is not reached: ${why(address, reach)}.${hint(address, reach)}`)
  }
}

function isAdmitted(address: string, reach: Reach): boolean {
  if (reach === 'public') return isPublicAddress(address)
  const facts = addressFacts(address)
  return facts?.form === 'plain' && ADMITTED[reach].includes(facts.kind)
}

function why(address: string, reach: Reach): string {
  const facts = addressFacts(address)
  if (facts === undefined) return 'its name servers gave an address that is none'
  if (facts.form !== 'plain' && facts.form !== 'nat64') {
    return `its address ${address} is an IPv4 address in disguise (${facts.form})`
  }
  const wanted = reach === 'public' ? '' : `, and its entry is for ${reach} addresses only`
  return `its address ${address} is ${WORDS[facts.kind]}${wanted}`
}

/** What the owner can do, where there is something. */
function hint(address: string, reach: Reach): string {
  const facts = addressFacts(address)
  if (reach !== 'public' || facts?.form !== 'plain') return ''
  if (facts.kind === 'loopback') return ' Its owner can allow it with agentctl airlock allow --loopback.'
  const isOwn = facts.kind === 'private' || facts.kind === 'shared'
  return isOwn ? ' Its owner can allow it with agentctl airlock allow --private.' : ''
}
