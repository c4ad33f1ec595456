import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'

const MAGIC = Buffer.from('CSTSEAL1')
const NONCE_BYTES = 12
const TAG_BYTES = 16
const HEADER_BYTES = MAGIC.length + NONCE_BYTES

/**
 * Encrypts a small value for agentd's own disk: magic, nonce, AES-256-GCM ciphertext, tag. `about` says what it is (a
 * file's name, say): what was sealed about one thing does not open as another. `key` is one of {@link StateKeys.derive};
 * nonces are random, so one key serves for four thousand million values.
 */
export function seal(key: Uint8Array, plain: string | Uint8Array, about: string): Buffer {
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv('aes-256-gcm', key, nonce)
  cipher.setAAD(Buffer.concat([MAGIC, Buffer.from(about)]))
  return Buffer.concat([MAGIC, nonce, cipher.update(bytesOf(plain)), cipher.final(), cipher.getAuthTag()])
}

/** What was sealed; undefined where it was changed, cut, sealed under another key or about something else. */
export function unseal(key: Uint8Array, sealed: Uint8Array, about: string): Buffer | undefined {
  const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength)
  if (bytes.length < HEADER_BYTES + TAG_BYTES || !bytes.subarray(0, MAGIC.length).equals(MAGIC)) return undefined
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(MAGIC.length, HEADER_BYTES))
  decipher.setAAD(Buffer.concat([MAGIC, Buffer.from(about)]))
  decipher.setAuthTag(bytes.subarray(bytes.length - TAG_BYTES))
  try {
    return Buffer.concat([decipher.update(bytes.subarray(HEADER_BYTES, bytes.length - TAG_BYTES)), decipher.final()])
  } catch {
    return undefined
  }
}

/** Whether this is the form that {@link seal} gives; what is in it may still be changed or foreign. */
export function isSealed(bytes: Uint8Array): boolean {
  return MAGIC.equals(bytes.subarray(0, MAGIC.length))
}

function bytesOf(plain: string | Uint8Array): Uint8Array {
  return typeof plain === 'string' ? Buffer.from(plain) : plain
}
