import { createHmac } from 'node:crypto'
import {
  type Approval,
  type ApprovalProof,
  approvalSigningText,
  CastellanError,
  type ClientFrame,
  type ServerFrame,
} from '@castellan/contracts'
import type { Agentd } from '../agentd.ts'
import type { Caller } from '../plugins/auth.ts'
import { requireAgent, requireCarrying, requireScope } from '../tokens/rights.ts'
import type { Audience } from './audience.ts'
import type { ChatSessions } from './sessions.ts'

type VerdictFrame = Extract<ClientFrame, { type: 'approve' | 'deny' | 'always' }>

export interface DecisionParts {
  readonly agentd: Agentd
  readonly chats: ChatSessions
  readonly audience: Audience
}

/**
 * Carries a person's yes or no to agentd, which judges the proof: the gateway cannot make one of its own. Throws whatever
 * agentd refuses with, or `forbidden` when the socket offers nothing that could prove who speaks.
 */
export async function carryDecision(frame: VerdictFrame, caller: Caller, parts: DecisionParts): Promise<void> {
  requireScope(caller, 'operate')
  requireCarrying(caller)
  const approval = await parts.agentd.approval(frame.approval_id)
  requireAgent(caller, approval.agent)
  const proof = proofOf(frame, caller, approval)
  // A turn that waits for it announces it in its chat, perhaps before we hear back; without one, everyone still hears.
  const announced = parts.chats.waitingFor(frame.approval_id) !== undefined
  const decided = await parts.agentd.decide(frame.approval_id, { verdict: frame.type, proof })
  if (announced) return
  parts.audience.tell(JSON.stringify(news(decided)))
}

function news({ approval_id, state, votes, needed, decided_by }: Approval): ServerFrame {
  if (state === 'pending') {
    return { type: 'approval_vote', approval_id, by: votes.at(-1)?.by ?? '', given: votes.length, needed }
  }
  return {
    type: 'approval_decided',
    approval_id,
    state: state === 'spent' ? 'approved' : state,
    ...(decided_by === undefined ? {} : { by: decided_by }),
  }
}

function proofOf(frame: VerdictFrame, caller: Caller, approval: Approval): ApprovalProof {
  const { type, key_id, signature, assertion } = frame
  if (key_id !== undefined && signature !== undefined && assertion === undefined) {
    return { kind: 'signature', key_id, signature }
  }
  if (key_id !== undefined && assertion !== undefined && signature === undefined) {
    return { kind: 'passkey', key_id, assertion }
  }
  if (key_id !== undefined || signature !== undefined || assertion !== undefined) {
    throw new CastellanError(
      'invalid_request',
      `This ${type} frame does not fit: key_id and either signature or assertion go together; send both or neither.`,
    )
  }
  if (caller.kind === 'owner' && type !== 'always') {
    const text = approvalSigningText(type, approval)
    return { kind: 'owner_token', mac: createHmac('sha256', caller.token).update(text, 'utf8').digest('hex') }
  }
  throw new CastellanError('forbidden', `${NO_PROOF[caller.kind]} Run: npx agentctl ${commandFor(frame)}`)
}

const NO_PROOF: Record<Caller['kind'], string> = {
  owner: "A rule for later calls needs an operator key; the owner's token says yes to one call.",
  page: 'This browser has no operator key to sign with. Sign in again in a browser that can make one.',
  token: 'A token approves nothing by itself; send the signature of an operator key.',
}

function commandFor({ type, approval_id }: VerdictFrame): string {
  return type === 'always' ? `approve --always ${approval_id}` : `${type} ${approval_id}`
}
