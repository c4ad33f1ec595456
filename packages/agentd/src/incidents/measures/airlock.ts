import { CastellanError, DestinationListing } from '@castellan/contracts'
import type { UnixClient } from '@castellan/daemon'
import { z } from 'zod'
import type { Measure } from '../containment.ts'

/** Nothing leaves the machine. agentd can shut the airlock and not open it: that stays the operator's. */
export function airlockMeasure(airlock: Pick<UnixClient, 'request'> | undefined): Measure {
  const client = () => {
    if (airlock !== undefined) return airlock
    throw new CastellanError('containment_failed', 'No airlock is configured, so there is none to shut.')
  }
  const latch = async () => (await client().request('GET', '/v1/destinations', { schema: DestinationListing })).latch
  return {
    async apply({ id }) {
      // There is one latch: what one incident shut stays so while another needs it.
      await client().request('POST', '/v1/containment', { body: { reason: `Incident ${id}.` }, schema: z.unknown() })
      return 'airlock'
    },
    async verify() {
      const state = await latch()
      if (state.off) return `The airlock says that it is shut since ${state.since}.`
      throw new CastellanError('containment_failed', 'The airlock says that it is open.')
    },
    async lift() {
      if (!(await latch()).off) return 'The airlock says that it is open.'
      throw new CastellanError(
        'conflict',
        'The airlock is still shut, and only you can open it: `agentctl airlock on`. Then take this step again.',
      )
    },
  }
}
