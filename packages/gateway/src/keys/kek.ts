import { createHmac, hkdfSync } from 'node:crypto'
import { CastellanError } from '@castellan/contracts'

export const KEY_BYTES = 32
const ID_BYTES = 16

/**
 * The key-encryption key: 256 bits under which every other key of the gateway lies wrapped. It shows itself to nobody; what needs
 * it derives from it.
 */
export class Kek {
  /** Tells which key it is and nothing about it: the first 16 bytes of HMAC-SHA-256(key, "castellan kek id v1"), in hex. */
  readonly id: string
  readonly #bytes: Buffer
  #forgotten = false

  /** Takes the bytes over: they are overwritten when the key is forgotten. */
  constructor(bytes: Buffer) {
    if (bytes.length !== KEY_BYTES) throw new RangeError(`a key has ${KEY_BYTES} bytes, not ${bytes.length}`)
    this.#bytes = bytes
    this.id = createHmac('sha256', bytes).update('castellan kek id v1').digest().subarray(0, ID_BYTES).toString('hex')
  }

  /** HKDF-SHA-256 (RFC 5869) of the key. Throws `credentials_locked` once it is forgotten. */
  derive(salt: Uint8Array, info: Uint8Array, bytes: number): Buffer {
    return Buffer.from(hkdfSync('sha256', this.#known(), salt, info, bytes))
  }

  /** A copy of the key itself, for the two who need it: the key file and the recovery phrase. Overwrite it after use. */
  copy(): Buffer {
    return Buffer.from(this.#known())
  }

  /** Overwrites the key in memory. */
  forget(): void {
    this.#forgotten = true
    this.#bytes.fill(0)
  }

  #known(): Buffer {
    if (!this.#forgotten) return this.#bytes
    throw new CastellanError(
      'credentials_locked',
      'The credential store is locked and its key is not in memory. Unlock it: agentctl credential unlock',
    )
  }
}
