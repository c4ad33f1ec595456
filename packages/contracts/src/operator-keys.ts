import { z } from 'zod'
import { ApprovalProof } from './approvals.ts'
import { Timestamp } from './ids.ts'
import { OperatorKey, OperatorRenaming } from './operators.ts'

/** A key in force as whoever may see who can say yes sees it: without the key. */
export const EnrolledKey = OperatorKey.omit({ public_key: true, revoked_at: true })
export type EnrolledKey = z.infer<typeof EnrolledKey>

/** `GET /v1/operators/enrolled` on agent.sock: the keys in force, oldest first. */
export const EnrolledKeys = z.strictObject({ operators: z.array(EnrolledKey) })
export type EnrolledKeys = z.infer<typeof EnrolledKeys>

/**
 * `POST /v1/operators/:id/removal` on agent.sock: revokes a key on the word of another key of the same person, signed over
 * {@link operatorKeyText}; `at` is at most five minutes ago.
 */
export const SignedKeyRemoval = z.strictObject({ at: Timestamp, proof: ApprovalProof })
export type SignedKeyRemoval = z.infer<typeof SignedKeyRemoval>

/** `POST /v1/operators/:id/name` on agent.sock: likewise, and a key may name itself. */
export const SignedKeyRenaming = OperatorRenaming.extend(SignedKeyRemoval.shape)
export type SignedKeyRenaming = z.infer<typeof SignedKeyRenaming>

/** The exact bytes (UTF-8) that such a proof covers. `name` is the key's new one, and absent where it is removed. */
export function operatorKeyText(
  keyId: string,
  { at, name }: { readonly at: string; readonly name?: string | undefined },
): string {
  const act = name === undefined ? ['remove', keyId] : ['rename', keyId, JSON.stringify(name)]
  return ['castellan operator key v1', ...act, at, ''].join('\n')
}
