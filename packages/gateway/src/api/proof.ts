import { type ApprovalProof, CastellanError } from '@castellan/contracts'
import type { SignedWord } from '@castellan/contracts/api'

/** What shows who stands behind a signed word, as agentd takes it: the gateway carries it and cannot make it. Throws `signature_invalid`. */
export function proofOf({ key_id, signature, assertion }: Omit<SignedWord, 'at'>): ApprovalProof {
  if (signature !== undefined && assertion === undefined) return { kind: 'signature', key_id, signature }
  if (assertion !== undefined && signature === undefined) return { kind: 'passkey', key_id, assertion }
  throw new CastellanError(
    'signature_invalid',
    'Send either a signature or an assertion, by the key that key_id names.',
  )
}
