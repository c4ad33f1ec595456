import { createHash } from 'node:crypto'
import { CastellanError } from '@castellan/contracts'

const PREFIX = 'CSTRK1'
const KEY_BYTES = 32
const CHECK_BYTES = 3
/** Crockford's base 32: no I, L, O or U, so what is written down by hand can be read back. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/**
 * A recovery key as people keep it: `CSTRK1-` and 56 base-32 characters in groups of seven. They are 280 bits: the key
 * and a check against misreading it (the first 3 bytes of SHA-256 of prefix and key).
 */
export function formatRecoveryKey(secret: Uint8Array): string {
  const bytes = Buffer.concat([secret, checkOf(secret)])
  let bits = 0n
  for (const byte of bytes) bits = (bits << 8n) | BigInt(byte)
  let text = ''
  for (let at = 0; at < (bytes.length * 8) / 5; at += 1) {
    text = ALPHABET[Number(bits & 31n)] + text
    bits >>= 5n
  }
  return `${PREFIX}-${text.match(/.{7}/g)?.join('-')}`
}

/** Reads it back; dashes, blanks and case do not matter, and look-alikes are read as they were meant. Throws `recovery_key_invalid`. */
export function parseRecoveryKey(text: string): Buffer {
  const plain = text.toUpperCase().replace(/[\s-]/g, '')
  const body = plain.startsWith(PREFIX) ? plain.slice(PREFIX.length) : ''
  const characters = [...body.replaceAll('O', '0').replace(/[IL]/g, '1')].map((letter) => ALPHABET.indexOf(letter))
  if (characters.length !== ((KEY_BYTES + CHECK_BYTES) * 8) / 5 || characters.includes(-1))
    throw invalid('it is not one')
  let bits = 0n
  for (const value of characters) bits = (bits << 5n) | BigInt(value)
  const bytes = Buffer.from(bits.toString(16).padStart((KEY_BYTES + CHECK_BYTES) * 2, '0'), 'hex')
  const secret = bytes.subarray(0, KEY_BYTES)
  if (!checkOf(secret).equals(bytes.subarray(KEY_BYTES))) throw invalid('a character of it is wrong or missing')
  return secret
}

function checkOf(secret: Uint8Array): Buffer {
  return createHash('sha256').update(PREFIX).update(secret).digest().subarray(0, CHECK_BYTES)
}

function invalid(why: string): CastellanError {
  return new CastellanError(
    'recovery_key_invalid',
    `That recovery key cannot be used: ${why}. It begins with CSTRK1- and was shown once, when \`agentctl backup init\` made it.`,
  )
}
