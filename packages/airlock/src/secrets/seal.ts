import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { CastellanError } from '@castellan/contracts'
import { writePrivateFile } from '@castellan/daemon'

const KEY_BYTES = 32
const NONCE_BYTES = 12
const TAG_BYTES = 16

/** AES-256-GCM (NIST SP 800-38D) under the airlock's own key; what a value is for is authenticated with it. */
export class Seal {
  readonly #key: Buffer

  private constructor(key: Buffer) {
    this.#key = key
  }

  /** With the key in this file, which is made where there is none and `make` says so. Throws `state_key_missing`, `state_key_damaged`. */
  static async open(file: string, make: boolean): Promise<Seal> {
    const key = await readFile(file).catch(async (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error
      if (!make) {
        throw new CastellanError(
          'state_key_missing',
          `The key of the airlock's secrets (${file}) is gone, so they cannot be read. Put it back, or move airlock/secrets.json away and add the secrets again.`,
        )
      }
      const fresh = randomBytes(KEY_BYTES)
      await writePrivateFile(file, fresh)
      return fresh
    })
    if (key.length !== KEY_BYTES) {
      throw new CastellanError(
        'state_key_damaged',
        `${file} does not hold a key of ${KEY_BYTES} bytes. Put the right one back.`,
      )
    }
    return new Seal(key)
  }

  close(value: string, about: string): string {
    const nonce = randomBytes(NONCE_BYTES)
    const cipher = createCipheriv('aes-256-gcm', this.#key, nonce).setAAD(Buffer.from(about))
    return Buffer.concat([nonce, cipher.update(value, 'utf8'), cipher.final(), cipher.getAuthTag()]).toString('base64')
  }

  /** Throws `state_key_foreign` for what was sealed under another key, for something else, or changed since. */
  open(sealed: string, about: string): string {
    const bytes = Buffer.from(sealed, 'base64')
    try {
      const decipher = createDecipheriv('aes-256-gcm', this.#key, bytes.subarray(0, NONCE_BYTES)).setAAD(
        Buffer.from(about),
      )
      decipher.setAuthTag(bytes.subarray(-TAG_BYTES))
      const plain = [decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]
      return Buffer.concat(plain).toString('utf8')
    } catch (cause) {
      throw new CastellanError(
        'state_key_foreign',
        "One of the airlock's secrets cannot be opened with its key, or was changed on disk. Remove it and add it again.",
        { cause },
      )
    }
  }
}
