import { CastellanError } from '@castellan/contracts'
import { type AddressKind, addressFacts } from '@castellan/daemon'

const refusedKinds: Partial<Record<AddressKind, string>> = {
  metadata: 'a cloud hands out credentials there',
  unspecified: 'it names no machine; 127.0.0.1 is this one',
  link_local: 'it is link-local, where clouds hand out credentials',
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
  const facts = addressFacts(address)
  return facts === undefined ? 'it is no IP address' : (refusedKinds[facts.kind] ?? null)
}
