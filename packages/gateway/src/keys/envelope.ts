import { createCipheriv, createDecipheriv, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto'
import { type EnvelopeHeader, encodeHeader, readEnvelope, type SealedPart } from './envelope-bytes.ts'
import { EnvelopeFault } from './envelope-fault.ts'
import { KEY_BYTES, type Kek } from './kek.ts'

const SALT_BYTES = 32
const NONCE_BYTES = 12
/** Plaintext is filled up to a multiple of this, so that its length tells little. */
const PAD_BYTES = 256

/** What an envelope holds. What was sealed about one thing does not open as another. */
export interface About {
  /** `root`, `kek`, `index`, `secret`. */
  readonly purpose: string
  readonly id: string
  /** Goes up with every change, from 1. */
  readonly version: number
}

/** Where random bytes come from; only the published test vectors say otherwise. */
export type Random = (bytes: number) => Buffer

/**
 * Encrypts a value in two layers: a data key of its own encrypts the value, and the key-encryption key that data key. Each layer is
 * AES-256-GCM under a key that HKDF gives for a fresh salt, beside a commitment to that key: AES-GCM alone lets one ciphertext
 * open under two keys. Both layers are bound to what the envelope is about. The bytes are specified in docs/credential-store.md.
 */
export function seal(kek: Kek, plain: Uint8Array, about: About, random: Random = randomBytes): Buffer {
  const header: EnvelopeHeader = { ...about, keyId: kek.id }
  const dataKey = random(KEY_BYTES)
  try {
    const wrapped = sealPart(kek, dataKey, wrapContext(header), random)
    const data = withDataKey(dataKey, (key) => sealPart(key, pad(plain), dataContext(header), random))
    return Buffer.concat([encodeHeader(header), wrapped, data])
  } finally {
    dataKey.fill(0)
  }
}

/** What was sealed. Throws {@link EnvelopeFault} with the reason where it is anything else; never gives a part of it. */
export function open(keks: readonly Kek[], envelope: Uint8Array, about: About): Buffer {
  const { header, data, dataKey } = unwrap(keks, envelope, about)
  return unpad(withDataKey(dataKey, (key) => openPart(key, data, dataContext(header))))
}

/** The same envelope with its data key wrapped under another key-encryption key. Opens it to be sure of what is passed on. */
export function rewrap(
  keks: readonly Kek[],
  to: Kek,
  envelope: Uint8Array,
  about: About,
  random: Random = randomBytes,
): Buffer {
  const { header, data, dataKey, dataBytes } = unwrap(keks, envelope, about)
  const next: EnvelopeHeader = { ...header, keyId: to.id }
  const wrapped = sealPart(to, dataKey, wrapContext(next), random)
  withDataKey(dataKey, (key) => openPart(key, data, dataContext(header)).fill(0))
  return Buffer.concat([encodeHeader(next), wrapped, dataBytes])
}

function unwrap(keks: readonly Kek[], envelope: Uint8Array, about: About) {
  const { header, wrapped, data, dataBytes } = readEnvelope(envelope)
  if (header.purpose !== about.purpose || header.id !== about.id) throw new EnvelopeFault('swapped')
  if (header.version !== about.version) {
    throw new EnvelopeFault(header.version < about.version ? 'rolled_back' : 'swapped')
  }
  const kek = keks.find(({ id }) => id === header.keyId)
  if (kek === undefined) throw new EnvelopeFault('foreign')
  return { header, data, dataBytes, dataKey: openPart(kek, wrapped, wrapContext(header)) }
}

interface Key {
  derive(salt: Uint8Array, info: Uint8Array, bytes: number): Buffer
}

/** Lends a data key for one use and overwrites it after. */
function withDataKey<T>(dataKey: Buffer, use: (key: Key) => T): T {
  try {
    return use({ derive: (salt, info, bytes) => Buffer.from(hkdfSync('sha256', dataKey, salt, info, bytes)) })
  } finally {
    dataKey.fill(0)
  }
}

function sealPart(key: Key, plain: Uint8Array, context: Buffer, random: Random): Buffer {
  const salt = random(SALT_BYTES)
  const nonce = random(NONCE_BYTES)
  const { cipherKey, commitment } = keysOf(key, salt, context)
  const cipher = createCipheriv('aes-256-gcm', cipherKey, nonce)
  cipher.setAAD(context)
  const ciphertext = Buffer.concat([cipher.update(plain), cipher.final()])
  cipherKey.fill(0)
  const length = Buffer.alloc(4)
  length.writeUInt32BE(ciphertext.length)
  return Buffer.concat([salt, commitment, nonce, length, ciphertext, cipher.getAuthTag()])
}

function openPart(key: Key, { salt, commitment, nonce, ciphertext, tag }: SealedPart, context: Buffer): Buffer {
  const keys = keysOf(key, salt, context)
  if (!timingSafeEqual(keys.commitment, commitment)) throw new EnvelopeFault('corrupt')
  const decipher = createDecipheriv('aes-256-gcm', keys.cipherKey, nonce, { authTagLength: tag.length })
  decipher.setAAD(context)
  decipher.setAuthTag(tag)
  try {
    return Buffer.concat([decipher.update(ciphertext), decipher.final()])
  } catch {
    throw new EnvelopeFault('corrupt')
  } finally {
    keys.cipherKey.fill(0)
  }
}

function keysOf(key: Key, salt: Uint8Array, context: Buffer): { cipherKey: Buffer; commitment: Buffer } {
  const both = key.derive(salt, context, 2 * KEY_BYTES)
  return { cipherKey: both.subarray(0, KEY_BYTES), commitment: both.subarray(KEY_BYTES) }
}

/** The wrapped data key is bound to the key it is wrapped under as well. */
function wrapContext(header: EnvelopeHeader): Buffer {
  return Buffer.concat([Buffer.from('castellan envelope v1 wrap\0'), encodeHeader(header)])
}

/** Not bound to the key-encryption key, so that the value need not be encrypted again under another one. */
function dataContext(header: EnvelopeHeader): Buffer {
  return Buffer.concat([
    Buffer.from('castellan envelope v1 data\0'),
    encodeHeader({ ...header, keyId: '0'.repeat(32) }),
  ])
}

function pad(plain: Uint8Array): Buffer {
  const padded = Buffer.alloc(Math.ceil((plain.length + 4) / PAD_BYTES) * PAD_BYTES)
  padded.writeUInt32BE(plain.length)
  padded.set(plain, 4)
  return padded
}

function unpad(padded: Buffer): Buffer {
  const length = padded.length < 4 ? -1 : padded.readUInt32BE()
  if (length < 0 || length + 4 > padded.length) throw new EnvelopeFault('corrupt')
  const plain = Buffer.from(padded.subarray(4, 4 + length))
  padded.fill(0)
  return plain
}
