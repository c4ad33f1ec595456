import {
  AgentName,
  ApprovalDecision,
  newId,
  OperatorEnrolment,
  OperatorInvitation,
  OperatorRenaming,
  SessionId,
  SignInRedemption,
  UndoRequest,
} from '@castellan/contracts'
import type { SocketServer } from '@castellan/daemon'
import type { Agentd } from '../agentd.ts'
import { ROOT } from '../approvals/proof.ts'
import { takeCall } from '../calls/path.ts'
import { addBackupKeeperRoutes } from './backups.ts'
import { addEmergencyRoutes } from './emergency.ts'
import { addIncidentKeepingRoutes } from './incidents.ts'
import { addLedgerKeepingRoutes } from './ledger.ts'
import { addMcpServerRoutes } from './mcp.ts'
import { operatorKeyId } from './operator-keys.ts'
import { addPolicyRoutes } from './policy.ts'
import { addSessionKeepingRoutes } from './sessions.ts'
import { addSharedRoutes, approvalId } from './shared.ts'
import { addSkillRoutes } from './skills.ts'

const OPERATOR = AgentName.parse('operator')
/** Undoing by hand belongs to no conversation. */
const OPERATOR_SESSION = SessionId.parse('ses_operator')

/** operator.sock: for root. The kernel lets nobody else in, so a decision made here needs no proof. */
export function addOperatorRoutes(server: SocketServer, agentd: Agentd): void {
  const { approvals, calls, operators, signIns } = agentd
  addSharedRoutes(server, agentd, 'operator')
  addEmergencyRoutes(server, agentd)
  addLedgerKeepingRoutes(server, agentd)
  addPolicyRoutes(server, agentd)
  addBackupKeeperRoutes(server, agentd)
  addSessionKeepingRoutes(server, agentd)
  addSkillRoutes(server, agentd)
  addMcpServerRoutes(server, agentd)
  addIncidentKeepingRoutes(server, agentd)

  server.route('POST', '/v1/approvals/:id/decision', { body: ApprovalDecision }, ({ params, body }) =>
    approvals.decide(approvalId(params.id), body.verdict, ROOT),
  )

  server.route('POST', '/v1/undo', { body: UndoRequest }, ({ body, signal }) => {
    const request = {
      call_id: newId('call'),
      session: OPERATOR_SESSION,
      agent: OPERATOR,
      tool: 'undo_apply',
      args: body,
    }
    return takeCall(calls, request, { kind: 'operator', signal })
  })

  server.route('POST', '/v1/sign-ins', {}, () => signIns.issue())
  server.route('POST', '/v1/sign-ins/redeem', { body: SignInRedemption }, ({ body }) => signIns.redeem(body))

  server.route('GET', '/v1/operators', {}, () => ({ operators: operators.list() }))
  server.route('POST', '/v1/operators', { body: OperatorEnrolment }, ({ body }) =>
    operators.enrol(body.public_key, { name: body.name, person: body.person ?? body.name, by: 'operator' }),
  )
  server.route('POST', '/v1/operators/invitations', { body: OperatorInvitation }, ({ body }) =>
    signIns.issue({ name: body.name, person: body.person ?? body.name }),
  )
  server.route('PATCH', '/v1/operators/:id', { body: OperatorRenaming }, ({ params, body }) =>
    operators.rename(operatorKeyId(params.id), body.name),
  )
  server.route('DELETE', '/v1/operators/:id', {}, async ({ params }) => {
    const key = await operators.revoke(operatorKeyId(params.id))
    await approvals.sweep()
    return key
  })
}
