import { Approval } from '@castellan/contracts'
import { until } from '@castellan/testing'
import { z } from 'zod'
import { agentctl } from './cli.ts'

/** The newest approval that waits, as `agentctl approvals` shows it, once there is one. */
export function waitingApproval(state: string): Promise<Approval> {
  return until('an approval waits', async () => {
    const { stdout } = await agentctl(['approvals', '--json', '--state', state])
    return z.array(Approval).parse(JSON.parse(stdout))[0]
  })
}
