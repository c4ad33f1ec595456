import type { OperatorKeyId, PasskeyAssertion } from '@castellan/contracts'
import type { Approval, ApprovalVerdict, ToolItem } from '../chat/state.ts'
import { strings } from '../strings.ts'
import { sha256Hex } from './bytes.ts'
import { canonicalJson } from './canonical.ts'
import { isPasskey, type OperatorKey, signText } from './operator-key.ts'
import type { Passkeys } from './passkeys.ts'

/** What goes with a word on the chat socket, to show whose it is. */
export type Proof = { readonly key_id: OperatorKeyId } & (
  | { readonly signature: string }
  | { readonly assertion: PasskeyAssertion }
)

/** What can put the owner's word under a call. */
export interface Signer {
  /** Throws when there is no key, or the text to be signed is about anything but the call on the screen. */
  sign(tool: ToolItem, approval: Approval, verdict: ApprovalVerdict): Promise<Proof>
}

/** What can put the owner's word under a text that this page made itself, of what somebody confirmed. */
export interface Prover {
  /** Throws when there is no key, or a passkey was refused. */
  prove(text: string): Promise<Proof>
}

export function keySigner(key: () => OperatorKey | null, passkeys: Pick<Passkeys, 'sign'>): Signer & Prover {
  const held = () => {
    const own = key()
    if (own?.keyId == null) throw new Error(strings.approval.noKey)
    return { own, key_id: own.keyId }
  }
  const prove = async (text: string): Promise<Proof> => {
    const { own, key_id } = held()
    if (!isPasskey(own)) return { key_id, signature: await signText(own, text) }
    const assertion = await passkeys.sign(own.credentialId, text).catch((error: Error) => {
      throw error.name === 'NotAllowedError' ? new Error(strings.approval.passkeyRefused) : error
    })
    return { key_id, assertion }
  }
  return {
    prove,
    async sign(tool, approval, verdict) {
      held()
      const text = approval.signing[verdict]
      if (text === undefined || !(await saysWhatIsShown(text, tool, approval, verdict))) {
        throw new Error(strings.approval.mismatch)
      }
      return prove(text)
    },
  }
}

/**
 * Whether the text is the one that the contracts' `approvalSigningText` makes of exactly the call that is shown: its
 * verdict, approval, tool, arguments, call and end, and for `always` the rule. A signature must never cover more, or other, than what was read.
 */
export async function saysWhatIsShown(
  text: string,
  tool: Pick<ToolItem, 'name' | 'args' | 'callId'>,
  approval: Pick<Approval, 'id' | 'expiresAt' | 'always'>,
  verdict: ApprovalVerdict,
): Promise<boolean> {
  const lines = text.split('\n')
  const [title, answer, approvalId, name, digest, , , callId, , expiresAt] = lines
  const { always } = approval
  const rule = verdict !== 'always' ? [] : [always.possible ? await sha256Hex(always.rule) : 'none']
  return (
    lines.length === 12 + rule.length &&
    lines.slice(11).join('\n') === [...rule, ''].join('\n') &&
    title === 'castellan approval v1' &&
    answer === verdict &&
    approvalId === approval.id &&
    name === tool.name &&
    digest === (await sha256Hex(canonicalJson(tool.args))) &&
    callId === tool.callId &&
    expiresAt === approval.expiresAt
  )
}
