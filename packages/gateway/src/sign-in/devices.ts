import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

const NAME_BYTES = 16

/**
 * Cookies that tell a browser that was signed in before from everybody else at its address (OWASP: device cookies). They
 * let nobody in: attempts with one are counted apart, so that whoever guesses beside it, on the same machine even, cannot
 * keep its owner out.
 */
export class Devices {
  readonly #key: Uint8Array

  constructor(key: Uint8Array) {
    this.#key = key
  }

  make(): string {
    const name = randomBytes(NAME_BYTES).toString('base64url')
    return `${name}.${this.#tagOf(name)}`
  }

  /** The browser's name; undefined for a cookie that is none of ours. */
  nameOf(cookie: string | undefined): string | undefined {
    const [name = '', tag = ''] = cookie?.split('.', 2) ?? []
    const expected = Buffer.from(this.#tagOf(name))
    const given = Buffer.from(tag)
    return given.length === expected.length && timingSafeEqual(given, expected) ? name : undefined
  }

  #tagOf(name: string): string {
    return createHmac('sha256', this.#key).update(name).digest('base64url')
  }
}
