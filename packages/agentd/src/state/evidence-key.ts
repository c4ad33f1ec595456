import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto'
import { canonicalJson } from '@castellan/contracts'

/** What comes before the 32 bytes of an Ed25519 seed in PKCS #8, and of a public key in SPKI (RFC 8410). */
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex')
const SPKI = Buffer.from('302a300506032b6570032100', 'hex')

/** agentd's own key for what it vouches for beside the ledger: baselines and forensic bundles. Ed25519, derived from its root key. */
export class EvidenceKey {
  readonly #private: KeyObject
  /** Raw 32 bytes, base64. */
  readonly publicKey: string

  /** `seed`: 32 bytes, of `StateKeys.derive`. */
  constructor(seed: Buffer) {
    this.#private = createPrivateKey({ key: Buffer.concat([PKCS8, seed]), format: 'der', type: 'pkcs8' })
    const spki = createPublicKey(this.#private).export({ format: 'der', type: 'spki' })
    this.publicKey = spki.subarray(SPKI.length).toString('base64')
  }

  /** Over the canonical JSON (RFC 8785) of a value; base64. */
  sign(value: unknown): string {
    return sign(null, Buffer.from(canonicalJson(value)), this.#private).toString('base64')
  }

  /** Whether this very key signed it. */
  hasSigned(value: unknown, signature: string): boolean {
    const key = createPublicKey(this.#private)
    return verify(null, Buffer.from(canonicalJson(value)), key, Buffer.from(signature, 'base64'))
  }
}
