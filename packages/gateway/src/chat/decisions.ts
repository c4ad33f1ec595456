import { createHmac } from 'node:crypto'
import {
  type Approval,
  type ApprovalDecision,
  approvalSigningText,
  CastellanError,
  type ClientFrame,
  type ServerFrame,
} from '@castellan/contracts'
import type { Agentd } from '../agentd.ts'
import type { Caller } from '../plugins/auth.ts'
import type { Audience } from './audience.ts'
import type { ChatSessions } from './sessions.ts'

type VerdictFrame = Extract<ClientFrame, { type: 'approve' | 'deny' }>
type Proof = NonNullable<ApprovalDecision['proof']>

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
  const approval = await parts.agentd.approval(frame.approval_id)
  const proof = proofOf(frame, caller, approval)
  // A turn that waits for it announces it in its chat, perhaps before we hear back; without one, everyone still hears.
  const announced = parts.chats.waitingFor(frame.approval_id) !== undefined
  const decided = await parts.agentd.decide(frame.approval_id, { verdict: frame.type, proof })
  if (announced) return
  const news: ServerFrame = {
    type: 'approval_decided',
    approval_id: frame.approval_id,
    state: frame.type === 'approve' ? 'approved' : 'denied',
    ...(decided.decided_by === undefined ? {} : { by: decided.decided_by }),
  }
  parts.audience.tell(JSON.stringify(news))
}

function proofOf(frame: VerdictFrame, caller: Caller, approval: Approval): Proof {
  if (frame.key_id !== undefined && frame.signature !== undefined) {
    return { kind: 'signature', key_id: frame.key_id, signature: frame.signature }
  }
  if (frame.key_id !== undefined || frame.signature !== undefined) {
    throw new CastellanError(
      'invalid_request',
      `This ${frame.type} frame does not fit: key_id and signature go together; send both or neither.`,
    )
  }
  if (caller.kind === 'owner') {
    const text = approvalSigningText(frame.type, approval)
    return { kind: 'owner_token', mac: createHmac('sha256', caller.token).update(text, 'utf8').digest('hex') }
  }
  throw new CastellanError(
    'forbidden',
    'This browser has no operator key to sign with. Sign in again in a browser with Ed25519, ' +
      `or run: npx agentctl ${frame.type} ${frame.approval_id}`,
  )
}
