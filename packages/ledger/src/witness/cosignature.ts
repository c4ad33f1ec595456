import { LedgerError } from '../error.ts'
import type { Checkpoint } from '../note/checkpoint.ts'
import { COSIGNATURE_ED25519, type Signer, type Verifier, verifyEd25519 } from '../note/keys.ts'
import { formatSignatureLine, type NoteSignature } from '../note/note.ts'
import type { WitnessPolicy } from './policy.ts'

/** What a witness signs (C2SP tlog-cosignature, Ed25519): header, time in seconds, the checkpoint's text. */
function signedMessage(seconds: number, checkpointText: string): Buffer {
  return Buffer.from(`cosignature/v1\ntime ${seconds}\n${checkpointText}`)
}

/** A cosignature line for a checkpoint, at `seconds` since 1970. */
export function cosign(checkpointText: string, signer: Signer, seconds: number): string {
  const { name, keyId, type } = signer.verifier
  if (type !== COSIGNATURE_ED25519)
    throw new LedgerError('invalid_request', 'A witness needs a cosignature key (type 4).')
  const time = Buffer.alloc(8)
  time.writeBigUInt64BE(BigInt(seconds))
  return formatSignatureLine(name, keyId, Buffer.concat([time, signer.sign(signedMessage(seconds, checkpointText))]))
}

/** Checks a cosignature; its time in seconds since 1970, or null where it does not hold. */
export function checkCosignature(checkpointText: string, signature: NoteSignature, verifier: Verifier): number | null {
  if (signature.bytes.length !== 72) return null
  const time = signature.bytes.readBigUInt64BE(0)
  if (time === 0n || time > BigInt(Number.MAX_SAFE_INTEGER)) return null
  const seconds = Number(time)
  return verifyEd25519(verifier, signedMessage(seconds, checkpointText), signature.bytes.subarray(8)) ? seconds : null
}

/** Names of the policy's witnesses whose cosignature the checkpoint carries. A bad one from a known witness is refused. */
export function cosignedBy({ note }: Checkpoint, policy: WitnessPolicy): string[] {
  return policy.witnesses
    .filter(({ verifier }) => {
      const line = note.signatures.find(({ name, keyId }) => name === verifier.name && keyId === verifier.keyId)
      if (line === undefined) return false
      if (checkCosignature(note.text, line, verifier) === null) {
        throw new LedgerError(
          'proof_invalid',
          `The cosignature of witness ${verifier.name} on this checkpoint is not valid.`,
        )
      }
      return true
    })
    .map(({ name }) => name)
}
