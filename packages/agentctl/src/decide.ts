import {
  Approval,
  type ApprovalId,
  type ApprovalVerdict,
  approvalSigningText,
  OperatorKeyName,
} from '@castellan/contracts'
import type { UnixClient } from '@castellan/daemon'
import type { Context } from './context.ts'
import type { OperatorKeyFile } from './operator-key.ts'

/** Decides as root: on the operator socket the kernel vouches for who asks. */
export async function decideAsRoot(context: Context, id: ApprovalId, verdict: ApprovalVerdict): Promise<Approval> {
  const operator = await context.operator()
  return operator.request('POST', `/v1/approvals/${id}/decision`, { body: { verdict }, schema: Approval })
}

/** Decides with an operator key, over agent.sock: from another user or machine, with nothing but the key. */
export async function decideWithKey(
  agent: UnixClient,
  approval: Approval,
  verdict: ApprovalVerdict,
  key: OperatorKeyFile,
): Promise<Approval> {
  const query = `public_key=${encodeURIComponent(key.publicKey)}`
  const { key_id } = await agent.request('GET', `/v1/operators/key?${query}`, { schema: OperatorKeyName })
  const signature = key.sign(approvalSigningText(verdict, approval))
  const body = { verdict, proof: { kind: 'signature' as const, key_id, signature } }
  return agent.request('POST', `/v1/approvals/${approval.approval_id}/decision`, { body, schema: Approval })
}
