import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject, randomBytes } from 'node:crypto'
import { canonicalJson, LedgerFieldName, type LedgerPayload, MAX_PAYLOAD_BYTES } from '@castellan/contracts'
import { damaged, LedgerError } from '../error.ts'
import { sha256 } from '../merkle/hash.ts'

const VERSION = 1
const NONCE_BYTES = 12
const TAG_BYTES = 16
const SALT_BYTES = 32

/** A payload made ready: the plain record and what the leaf says about it. */
export interface PreparedPayload {
  readonly plain: Buffer
  /** Field → hex commitment. */
  readonly commitments: Record<string, string>
}

/** One field as it comes out of a record: enough to prove to anyone what the leaf committed to. */
export interface OpenedField {
  readonly salt: Buffer
  readonly value: unknown
}

/** `SHA-256(salt || field name || 0x00 || canonical JSON)`: hides the value until salt and value are shown. */
export function commitment(salt: Uint8Array, field: string, canonical: string): Buffer {
  return sha256(Buffer.concat([salt, Buffer.from(`${field}\0${canonical}`)]))
}

/** Draws salts and commits to each field. Fields that are undefined are left out; null where none is left. */
export function preparePayload(payload: LedgerPayload): PreparedPayload | null {
  const parts: string[] = []
  const commitments: Record<string, string> = {}
  for (const [field, value] of Object.entries(payload)) {
    if (value === undefined) continue
    if (!LedgerFieldName.safeParse(field).success) {
      throw new LedgerError(
        'invalid_request',
        `A payload field cannot be called ${JSON.stringify(field)}: use snake case.`,
      )
    }
    const canonical = canonicalJson(value)
    const salt = randomBytes(SALT_BYTES)
    commitments[field] = commitment(salt, field, canonical).toString('hex')
    parts.push(`"${field}":{"salt":"${salt.toString('base64')}","value":${canonical}}`)
  }
  if (parts.length === 0) return null
  const plain = Buffer.from(`{${parts.join(',')}}`)
  if (plain.length > MAX_PAYLOAD_BYTES) {
    throw new LedgerError(
      'too_large',
      `The payload is ${plain.length} bytes of JSON; at most ${MAX_PAYLOAD_BYTES} can be kept.`,
    )
  }
  return { plain, commitments }
}

/** Seals and opens payload records: version ‖ nonce ‖ AES-256-GCM ciphertext ‖ tag, bound to the entry's index. */
export class PayloadCipher {
  readonly #key: KeyObject
  #nonces = Buffer.alloc(0)

  /** `key` is 32 bytes. Nonces are random: one key is good for 2^32 records (NIST SP 800-38D, 8.3). */
  constructor(key: Buffer) {
    // A key object is set up once; a plain key would be for every record, at three times the cost.
    this.#key = createSecretKey(key)
  }

  seal(index: number, plain: Uint8Array): Buffer {
    const nonce = this.#nonce()
    const cipher = createCipheriv('aes-256-gcm', this.#key, nonce)
    cipher.setAAD(boundTo(index))
    const body = cipher.update(plain)
    cipher.final()
    return Buffer.concat([Buffer.from([VERSION]), nonce, body, cipher.getAuthTag()])
  }

  /** Opens the record of entry `index`; anything but the very bytes that were sealed for it is damage. */
  open(index: number, record: Buffer): Record<string, OpenedField> {
    const fail = (cause?: unknown) => damaged(`The payload of entry ${index} cannot be decrypted`, { index }, cause)
    if (record[0] !== VERSION || record.length < 1 + NONCE_BYTES + TAG_BYTES) throw fail()
    const decipher = createDecipheriv('aes-256-gcm', this.#key, record.subarray(1, 1 + NONCE_BYTES))
    decipher.setAAD(boundTo(index))
    decipher.setAuthTag(record.subarray(record.length - TAG_BYTES))
    let plain: Buffer
    try {
      plain = Buffer.concat([
        decipher.update(record.subarray(1 + NONCE_BYTES, record.length - TAG_BYTES)),
        decipher.final(),
      ])
    } catch (cause) {
      throw fail(cause)
    }
    const fields = JSON.parse(plain.toString()) as Record<string, { salt: string; value: unknown }>
    return Object.fromEntries(
      Object.entries(fields).map(([field, { salt, value }]) => [field, { salt: Buffer.from(salt, 'base64'), value }]),
    )
  }

  /** Random nonces drawn by the page: one call to the kernel for 256 records. */
  #nonce(): Buffer {
    if (this.#nonces.length === 0) this.#nonces = randomBytes(NONCE_BYTES * 256)
    const nonce = this.#nonces.subarray(0, NONCE_BYTES)
    this.#nonces = this.#nonces.subarray(NONCE_BYTES)
    return nonce
  }
}

function boundTo(index: number): Buffer {
  return Buffer.from(`castellan payload v1\n${index}\n`)
}
