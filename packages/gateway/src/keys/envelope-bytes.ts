import { EnvelopeFault } from './envelope-fault.ts'

const MAGIC = Buffer.from('CSTENV01')
const KEY_ID_BYTES = 16
const SALT_BYTES = 32
const COMMITMENT_BYTES = 32
const NONCE_BYTES = 12
const TAG_BYTES = 16
/** Far above anything sealed here; keeps a damaged length from asking for memory. */
const MAX_CIPHERTEXT_BYTES = 1024 * 1024

/** What stands in an envelope in the clear. */
export interface EnvelopeHeader {
  /** Of the key-encryption key, in hex. */
  readonly keyId: string
  readonly purpose: string
  readonly id: string
  readonly version: number
}

export interface SealedPart {
  readonly salt: Buffer
  readonly commitment: Buffer
  readonly nonce: Buffer
  readonly ciphertext: Buffer
  readonly tag: Buffer
}

export interface EnvelopeParts {
  readonly header: EnvelopeHeader
  readonly wrapped: SealedPart
  readonly data: SealedPart
  /** The bytes of `data` as they stand. */
  readonly dataBytes: Buffer
}

/** Magic, key id, purpose and id with their lengths in one byte each, version in eight, big-endian. */
export function encodeHeader({ keyId, purpose, id, version }: EnvelopeHeader): Buffer {
  const number = Buffer.alloc(8)
  number.writeBigUInt64BE(BigInt(version))
  return Buffer.concat([MAGIC, Buffer.from(keyId, 'hex'), short(purpose), short(id), number])
}

/** Takes an envelope apart without any key. Throws {@link EnvelopeFault}: `truncated`, `unsupported` or `corrupt`. */
export function readEnvelope(envelope: Uint8Array): EnvelopeParts {
  const reader = new Reader(Buffer.from(envelope.buffer, envelope.byteOffset, envelope.byteLength))
  if (!reader.take(MAGIC.length).equals(MAGIC)) throw new EnvelopeFault('unsupported')
  const keyId = reader.take(KEY_ID_BYTES).toString('hex')
  const purpose = reader.short()
  const id = reader.short()
  const version = Number(reader.take(8).readBigUInt64BE())
  if (!Number.isSafeInteger(version)) throw new EnvelopeFault('corrupt')
  const wrapped = reader.part()
  const begin = reader.position
  const data = reader.part()
  if (!reader.atEnd) throw new EnvelopeFault('corrupt')
  return { header: { keyId, purpose, id, version }, wrapped, data, dataBytes: reader.from(begin) }
}

class Reader {
  readonly #bytes: Buffer
  position = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  get atEnd(): boolean {
    return this.position === this.#bytes.length
  }

  take(length: number): Buffer {
    const end = this.position + length
    if (end > this.#bytes.length) throw new EnvelopeFault('truncated')
    const taken = this.#bytes.subarray(this.position, end)
    this.position = end
    return taken
  }

  from(begin: number): Buffer {
    return this.#bytes.subarray(begin, this.position)
  }

  short(): string {
    return this.take(this.take(1).readUInt8()).toString('latin1')
  }

  part(): SealedPart {
    const salt = this.take(SALT_BYTES)
    const commitment = this.take(COMMITMENT_BYTES)
    const nonce = this.take(NONCE_BYTES)
    const length = this.take(4).readUInt32BE()
    if (length > MAX_CIPHERTEXT_BYTES) throw new EnvelopeFault('corrupt')
    return { salt, commitment, nonce, ciphertext: this.take(length), tag: this.take(TAG_BYTES) }
  }
}

function short(text: string): Buffer {
  const bytes = Buffer.from(text, 'latin1')
  if (bytes.length > 255) throw new RangeError('purposes and ids have at most 255 bytes')
  return Buffer.concat([Buffer.of(bytes.length), bytes])
}
