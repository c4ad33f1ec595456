import type { OperatorKeyId } from '@castellan/contracts'
import type { Approval, ApprovalVerdict, ToolItem } from '../chat/state.ts'
import { strings } from '../strings.ts'
import { sha256Hex } from './bytes.ts'
import { canonicalJson } from './canonical.ts'
import { type OperatorKey, signText } from './operator-key.ts'

export interface Proof {
  readonly key_id: OperatorKeyId
  readonly signature: string
}

/** What can put the owner's word under a call. */
export interface Signer {
  /** Throws when there is no key, or the text to be signed is about anything but the call on the screen. */
  sign(tool: ToolItem, approval: Approval, verdict: ApprovalVerdict): Promise<Proof>
}

export function keySigner(key: () => OperatorKey | null): Signer {
  return {
    async sign(tool, approval, verdict) {
      const own = key()
      if (own?.keyId == null) throw new Error(strings.approval.noKey)
      const text = approval.signing[verdict]
      if (!(await saysWhatIsShown(text, tool, approval, verdict))) throw new Error(strings.approval.mismatch)
      return { key_id: own.keyId, signature: await signText(own, text) }
    },
  }
}

/**
 * Whether the text is the one that the contracts' `approvalSigningText` makes of exactly the call that is shown: its
 * verdict, approval, tool, arguments, call and end. A signature must never cover more, or other, than what was read.
 */
export async function saysWhatIsShown(
  text: string,
  tool: Pick<ToolItem, 'name' | 'args' | 'callId'>,
  approval: Pick<Approval, 'id' | 'expiresAt'>,
  verdict: ApprovalVerdict,
): Promise<boolean> {
  const lines = text.split('\n')
  const [title, answer, approvalId, name, digest, , , callId, , expiresAt] = lines
  return (
    lines.length === 12 &&
    title === 'castellan approval v1' &&
    answer === verdict &&
    approvalId === approval.id &&
    name === tool.name &&
    digest === (await sha256Hex(canonicalJson(tool.args))) &&
    callId === tool.callId &&
    expiresAt === approval.expiresAt
  )
}
