import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { CastellanError, SessionId } from '@castellan/contracts'
import { makeKeyFile } from './key-file.ts'

/** AES-256-GCM: a 96-bit nonce and a 128-bit tag (NIST SP 800-38D). */
const KEY_BYTES = 32
const NONCE_BYTES = 12
const TAG_BYTES = 16
/** What the ciphertext is for, so that nothing else sealed with the key can stand in for it. */
const PURPOSE = Buffer.from('castellan mcp state v1')
/** Longest text that is looked at; ours has some 400 characters. */
const MAX_TEXT = 16_384

/**
 * Seals small values that travel through a client: it can neither read nor change them, nor make one. A value is good for
 * as long as it says, and only with this key.
 */
export class Sealer {
  readonly #key: Buffer

  private constructor(key: Buffer) {
    this.#key = key
  }

  /** With a key of its own, which ends with the process. */
  static fresh(): Sealer {
    return new Sealer(randomBytes(KEY_BYTES))
  }

  /** With the key in a file (mode 0600, made if it is not there), so that values outlive a restart. Throws `config_invalid`. */
  static async open(path: string): Promise<Sealer> {
    await makeKeyFile(path, KEY_BYTES)
    const key = await readFile(path)
    if (key.length === KEY_BYTES) return new Sealer(key)
    throw new CastellanError('config_invalid', `${path} is not a key of ${KEY_BYTES} bytes. Delete it and start again.`)
  }

  /** `lifeMs`: how long it is good for, in milliseconds. */
  seal(value: unknown, lifeMs: number): string {
    const nonce = randomBytes(NONCE_BYTES)
    const cipher = createCipheriv('aes-256-gcm', this.#key, nonce, { authTagLength: TAG_BYTES }).setAAD(PURPOSE)
    const text = JSON.stringify({ until: Date.now() + lifeMs, value })
    return Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]).toString(
      'base64url',
    )
  }

  /** A session's id that belongs to a credential as long as the key does, and that nobody can choose or guess. */
  sessionOf(credential: string): SessionId {
    const name = createHmac('sha256', this.#key).update(`castellan mcp session v1 ${credential}`).digest('base64url')
    return SessionId.parse(`ses_${name.slice(0, 22)}`)
  }

  /** The value, or undefined for anything that this key did not seal, that was changed, or whose time is over. */
  open(sealed: string): unknown {
    if (sealed.length > MAX_TEXT || !/^[A-Za-z0-9_-]+$/.test(sealed)) return undefined
    const bytes = Buffer.from(sealed, 'base64url')
    // Base64 has several spellings of the same bytes; only ours is taken.
    if (bytes.length <= NONCE_BYTES + TAG_BYTES || bytes.toString('base64url') !== sealed) return undefined
    try {
      const decipher = createDecipheriv('aes-256-gcm', this.#key, bytes.subarray(0, NONCE_BYTES), {
        authTagLength: TAG_BYTES,
      })
      decipher.setAAD(PURPOSE).setAuthTag(bytes.subarray(-TAG_BYTES))
      const text = Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()])
      const { until, value } = JSON.parse(text.toString('utf8')) as { until: number; value: unknown }
      return Date.now() < until ? value : undefined
    } catch {
      return undefined
    }
  }
}
