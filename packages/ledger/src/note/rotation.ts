import { LedgerError } from '../error.ts'
import { decodeBase64 } from './base64.ts'
import { parseVkey, type Signer, verifyEd25519 } from './keys.ts'

/** Facts of a `key_rotated` entry: both keys, each vouching for the other. */
export interface RotationFacts extends Record<string, string> {
  old_vkey: string
  new_vkey: string
  old_signature: string
  new_signature: string
}

/** What both keys sign: `size` entries came before the rotation. */
function rotationText(size: number, oldVkey: string, newVkey: string): Buffer {
  return Buffer.from(`castellan key rotation v1\n${size}\n${oldVkey}\n${newVkey}\n`)
}

export function signRotation(size: number, before: Signer, after: Signer): RotationFacts {
  const text = rotationText(size, before.verifier.vkey, after.verifier.vkey)
  return {
    old_vkey: before.verifier.vkey,
    new_vkey: after.verifier.vkey,
    old_signature: before.sign(text).toString('base64'),
    new_signature: after.sign(text).toString('base64'),
  }
}

/**
 * Refuses (`proof_invalid`) a rotation that not both keys have signed at this place. `rotated_at` is on one that a repair
 * states again, in a copy of the log from before it: there it stood further on, and that place is what was signed.
 */
export function checkRotation(index: number, facts: Record<string, unknown>): { oldVkey: string; newVkey: string } {
  const { old_vkey: oldVkey, new_vkey: newVkey, rotated_at: at = index } = facts
  if (!Number.isSafeInteger(at) || (at as number) < index)
    throw new LedgerError('proof_invalid', `Entry ${index} restates a rotation that did not come after it.`)
  if (typeof oldVkey !== 'string' || typeof newVkey !== 'string')
    throw new LedgerError('proof_invalid', `Entry ${index} names no keys.`)
  const text = rotationText(at as number, oldVkey, newVkey)
  for (const [vkey, signature] of [
    [oldVkey, facts.old_signature],
    [newVkey, facts.new_signature],
  ] as const) {
    const bytes = typeof signature === 'string' ? decodeBase64(signature) : null
    if (bytes === null || !verifyEd25519(parseVkey(vkey), text, bytes)) {
      throw new LedgerError('proof_invalid', `The key rotation at entry ${index} is not signed by ${vkey}.`)
    }
  }
  return { oldVkey, newVkey }
}
