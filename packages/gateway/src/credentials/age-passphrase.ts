import { createCipheriv, createDecipheriv, randomBytes, scrypt } from 'node:crypto'
import { type Identity, type Recipient, Stanza } from 'age-encryption'

const LABEL = 'age-encryption.org/v1/scrypt'
const SALT_BYTES = 16
const FILE_KEY_BYTES = 16
const TAG_BYTES = 16
const BLOCK = 8
/** What age itself takes: 2^18, some 256 MiB and a second. A file that wants more is not read: it could take all memory. */
export const WORK_FACTOR = 18
/** ChaCha20-Poly1305 under a key that is used once (age, section scrypt recipient stanza). */
const NONCE = Buffer.alloc(12)

/**
 * age's passphrase stanza (C2SP age, "scrypt recipient stanza"), with Node's own scrypt: it runs beside the event loop, where the
 * library's would hold up every client for a second.
 */
export class PassphraseRecipient implements Recipient {
  readonly #passphrase: string
  readonly #workFactor: number

  constructor(passphrase: string, workFactor: number = WORK_FACTOR) {
    this.#passphrase = passphrase
    this.#workFactor = workFactor
  }

  async wrapFileKey(fileKey: Uint8Array): Promise<Stanza[]> {
    const salt = randomBytes(SALT_BYTES)
    const key = await derive(this.#passphrase, salt, this.#workFactor)
    const cipher = createCipheriv('chacha20-poly1305', key, NONCE, { authTagLength: TAG_BYTES })
    const body = Buffer.concat([cipher.update(fileKey), cipher.final(), cipher.getAuthTag()])
    return [new Stanza(['scrypt', unpadded(salt), String(this.#workFactor)], body)]
  }
}

export class PassphraseIdentity implements Identity {
  readonly #passphrase: string

  constructor(passphrase: string) {
    this.#passphrase = passphrase
  }

  /** The file's key; null where this is no passphrase file, or of another passphrase. Throws on one that asks for too much work. */
  async unwrapFileKey(stanzas: Stanza[]): Promise<Uint8Array | null> {
    const [stanza] = stanzas
    if (stanza?.args[0] !== 'scrypt' || stanzas.length !== 1) return null
    const [, saltText = '', factorText = ''] = stanza.args
    const salt = Buffer.from(saltText, 'base64')
    if (stanza.args.length !== 3 || salt.length !== SALT_BYTES || !/^[1-9]\d?$/.test(factorText)) return null
    if (stanza.body.length !== FILE_KEY_BYTES + TAG_BYTES) return null
    if (Number(factorText) > WORK_FACTOR) throw new Error('its work factor is above 18')
    const key = await derive(this.#passphrase, salt, Number(factorText))
    const decipher = createDecipheriv('chacha20-poly1305', key, NONCE, { authTagLength: TAG_BYTES })
    decipher.setAuthTag(stanza.body.subarray(FILE_KEY_BYTES))
    try {
      return Buffer.concat([decipher.update(stanza.body.subarray(0, FILE_KEY_BYTES)), decipher.final()])
    } catch {
      return null
    }
  }
}

function derive(passphrase: string, salt: Uint8Array, workFactor: number): Promise<Buffer> {
  const N = 2 ** workFactor
  return new Promise((resolve, reject) => {
    const options = { N, r: BLOCK, p: 1, maxmem: 256 * N * BLOCK }
    scrypt(passphrase, Buffer.concat([Buffer.from(LABEL), salt]), 32, options, (error, key) => {
      if (error === null) resolve(key)
      else reject(error)
    })
  })
}

function unpadded(bytes: Buffer): string {
  return bytes.toString('base64').replaceAll('=', '')
}
