import { createHash, timingSafeEqual } from 'node:crypto'
import { open } from 'node:fs/promises'
import { CastellanError } from '@castellan/contracts'

/** `cst_` and 256 random bits in base64url. */
const TOKEN_FORM = /^cst_[A-Za-z0-9_-]{43}$/

/** The owner's bearer token, of which the gateway keeps only the SHA-256: enough to recognise it, not to use it. */
export class OwnerToken {
  readonly #hash: Buffer

  private constructor(hash: Buffer) {
    this.#hash = hash
  }

  /** Reads the token file. Throws `config_invalid` when it is missing, readable by others, or holds anything else. */
  static async read(path: string): Promise<OwnerToken> {
    const file = await open(path).catch((cause: unknown) => {
      throw new CastellanError('config_invalid', `The token file ${path} cannot be opened.`, { cause })
    })
    try {
      if (((await file.stat()).mode & 0o077) !== 0) {
        throw new CastellanError('config_invalid', `Others may read the token file ${path}; run: chmod 600 ${path}`)
      }
      const token = (await file.readFile('utf8')).trim()
      if (!TOKEN_FORM.test(token)) {
        throw new CastellanError(
          'config_invalid',
          `The token file ${path} does not hold a token (cst_ and 43 characters).`,
        )
      }
      return new OwnerToken(hashOf(token))
    } finally {
      await file.close()
    }
  }

  /** Compares digests in constant time, so that how long a refusal takes tells nothing. */
  matches(presented: string): boolean {
    return timingSafeEqual(hashOf(presented), this.#hash)
  }
}

function hashOf(token: string): Buffer {
  return createHash('sha256').update(token, 'utf8').digest()
}
