import { createHmac, type KeyObject, randomBytes } from 'node:crypto'

/** `cst_` and 256 random bits in base64url. */
const TOKEN_FORM = /^cst_[A-Za-z0-9_-]{43}$/

export function newSecret(): string {
  return `cst_${randomBytes(32).toString('base64url')}`
}

export function isSecret(text: string): boolean {
  return TOKEN_FORM.test(text)
}

/**
 * What is kept of a token, in hex: HMAC-SHA-256 under a key of the gateway's, so that a stolen list cannot even be used
 * to recognise one. Looking a token up by it in a map tells nothing through timing: nobody without the key can steer it.
 */
export function hashOfSecret(key: KeyObject, secret: string): string {
  return createHmac('sha256', key).update(secret, 'utf8').digest('hex')
}
