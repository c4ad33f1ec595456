import { ApprovalDecision, SignInRedemption } from '@castellan/contracts'
import type { SocketServer } from '@castellan/daemon'
import type { Agentd } from '../agentd.ts'
import { addSharedRoutes, approvalId } from './shared.ts'

/** agent.sock: for whoever asks on an agent's behalf. Nothing here decides without a proof that its carrier cannot make. */
export function addAgentRoutes(server: SocketServer, agentd: Agentd): void {
  const { approvals, proofs, signIns } = agentd
  addSharedRoutes(server, agentd, 'agent')

  server.route('POST', '/v1/approvals/:id/decision', { body: ApprovalDecision }, async ({ params, body }) => {
    const id = approvalId(params.id)
    return approvals.decide(id, body.verdict, await proofs.decider(approvals.get(id), body))
  })

  server.route('POST', '/v1/sign-ins/redeem', { body: SignInRedemption }, ({ body }) => signIns.redeem(body))
}
