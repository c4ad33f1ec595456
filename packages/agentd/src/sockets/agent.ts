import {
  ApprovalDecision,
  ApprovalWithdrawal,
  type OperatorKeyName,
  OperatorKeyQuery,
  SignInAssertion,
  SignInRedemption,
} from '@castellan/contracts'
import type { SocketServer } from '@castellan/daemon'
import type { Agentd } from '../agentd.ts'
import { SignedWords } from '../approvals/signed-words.ts'
import { addSignedEmergencyRoutes } from './emergency.ts'
import { addFollowRoute } from './follow.ts'
import { addIncidentRoutes } from './incidents.ts'
import { addVerificationRoute } from './ledger.ts'
import { addOperatorKeyRoutes } from './operator-keys.ts'
import { addSignedPolicyRoutes } from './policy.ts'
import { addSessionRoutes } from './sessions.ts'
import { addSharedRoutes, approvalId } from './shared.ts'

/** agent.sock: for whoever asks on an agent's behalf. Nothing here decides without a proof that its carrier cannot make. */
export function addAgentRoutes(server: SocketServer, agentd: Agentd): void {
  const { approvals, calls, operators, proofs, signIns } = agentd
  addSharedRoutes(server, agentd, 'agent')
  addFollowRoute(server, agentd)
  const words = new SignedWords(proofs, calls.refusals)
  addIncidentRoutes(server, agentd, words)
  addSignedEmergencyRoutes(server, agentd, words)
  addSignedPolicyRoutes(server, agentd, words)
  addOperatorKeyRoutes(server, agentd, words)
  addVerificationRoute(server, agentd)
  addSessionRoutes(server, agentd)

  server.route('POST', '/v1/approvals/:id/decision', { body: ApprovalDecision }, async ({ params, body }) => {
    const id = approvalId(params.id)
    try {
      return await approvals.decide(id, body.verdict, await proofs.decider(approvals.get(id), body))
    } catch (error) {
      // A proof that does not fit was made by somebody else than it says.
      calls.refusals.note(error, 'a decision on agent.sock')
      throw error
    }
  })

  server.route('POST', '/v1/approvals/:id/withdrawal', { body: ApprovalWithdrawal }, ({ params, body }) =>
    approvals.withdraw(approvalId(params.id), body.session),
  )

  // Who holds a key finds out under which id it counts; nothing here enrols one.
  server.route('GET', '/v1/operators/key', { query: OperatorKeyQuery }, ({ query }): OperatorKeyName => {
    const { key_id, name, person } = operators.named(query.public_key)
    return { key_id, name, person }
  })

  server.route('POST', '/v1/sign-ins/redeem', { body: SignInRedemption }, ({ body }) => signIns.redeem(body))
  server.route('POST', '/v1/sign-ins/assertion', { body: SignInAssertion }, ({ body }) => signIns.prove(body))
}
