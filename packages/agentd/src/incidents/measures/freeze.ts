import { AgentName, CastellanError, newId, SessionId } from '@castellan/contracts'
import { type CallParts, takeCall } from '../../calls/path.ts'
import type { Emergency } from '../../emergency/emergency.ts'
import type { Measure } from '../containment.ts'

const PROBE = { session: SessionId.parse('ses_containment'), agent: AgentName.parse('containment') }

/** No agent acts. Seen to hold by a call that is made as an agent makes it. */
export function freezeMeasure(emergency: Emergency, calls: () => CallParts): Measure {
  return {
    async apply({ id }) {
      if (!emergency.isFrozen) await emergency.panic({ level: 1, reason: `Incident ${id}.` }, id)
      return emergency.state.freeze?.id ?? ''
    },
    async verify() {
      const code = await probe(calls())
      if (code === 'agents_frozen') return 'A call made as an agent was refused with agents_frozen.'
      throw new CastellanError('containment_failed', `A call made as an agent was answered with ${code}, not refused.`)
    },
    async lift(ref) {
      const { freeze } = emergency.state
      if (freeze === null) return 'Agents were not frozen any more.'
      if (freeze.id !== ref || freeze.incident === undefined) {
        return 'Agents stay frozen, because you froze them yourself: `agentctl thaw` lets them act.'
      }
      await emergency.thaw({ reason: 'Recovered from the incident.' })
      const code = await probe(calls())
      if (code !== 'agents_frozen') return 'A call made as an agent is no longer refused with agents_frozen.'
      throw new CastellanError(
        'containment_failed',
        'Agents were thawed, and a call made as an agent is still refused.',
      )
    },
  }
}

/** What becomes of a call that does nothing: there is no such tool, so it is refused in any case, and never recorded. */
async function probe(calls: CallParts): Promise<string> {
  const request = { ...PROBE, call_id: newId('call'), tool: 'containment_probe', args: {} }
  try {
    await takeCall(calls, request, { kind: 'agent', signal: AbortSignal.timeout(5000) })
    return 'success'
  } catch (error) {
    return error instanceof CastellanError ? error.code : 'internal'
  }
}
