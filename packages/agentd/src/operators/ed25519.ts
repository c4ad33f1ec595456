import { createPublicKey, verify } from 'node:crypto'

/** SubjectPublicKeyInfo of Ed25519 up to the key itself (RFC 8410, section 4). */
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex')

/** Whether this is a public key as browsers export it raw: 32 bytes, in base64. */
export function isEd25519Key(publicKey: string): boolean {
  return Buffer.from(publicKey, 'base64').length === 32
}

/** Whether base64 `signature` is that of raw base64 `publicKey` over the UTF-8 of `text` (RFC 8032). */
export function verifyEd25519(publicKey: string, text: string, signature: string): boolean {
  const spki = Buffer.concat([SPKI_PREFIX, Buffer.from(publicKey, 'base64')])
  const key = createPublicKey({ key: spki, format: 'der', type: 'spki' })
  return verify(null, Buffer.from(text), key, Buffer.from(signature, 'base64'))
}
