import { CastellanError } from '@castellan/contracts'
import type { Capabilities } from '../../sessions/capabilities.ts'
import type { Measure } from '../containment.ts'

/** All capabilities end. That cannot be taken back, and need not be: agents mint new ones when the operator agrees. */
export function capabilitiesMeasure(capabilities: () => Pick<Capabilities, 'list' | 'revoke'>): Measure {
  const valid = () =>
    capabilities()
      .list()
      .filter(({ state }) => state === 'valid')
  return {
    async apply(_, ref) {
      const ending = valid()
      for (const { id } of ending) await capabilities().revoke(id)
      return ref === '' ? `${ending.length}` : ref
    },
    async verify(ref) {
      if (valid().length === 0) return `No capability is valid any more; ${ref} ended.`
      throw new CastellanError('containment_failed', `${valid().length} capabilities are still valid.`)
    },
    lift: async () => 'Capabilities that ended stay ended; new ones can be minted.',
  }
}
